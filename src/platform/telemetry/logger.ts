import { destination, pino, stdSerializers, stdTimeFunctions, type Logger as Pino } from 'pino';
import { maskFileName, maskFileNames, maskMsisdn } from './mask-msisdn.js';
import { textLine } from './text-line.js';

/** What is known about an entry: `file`, `offset`, `code`. `msisdn` is masked by the logger. */
export type LogFacts = Readonly<Record<string, unknown>>;

/**
 * The program's log. Also a Nest LoggerService: after the message come, in any order, an Error,
 * facts, and Nest's texts (a stack, then the name of the part that speaks).
 */
export interface Logger {
  fatal(message: unknown, ...rest: unknown[]): void;
  error(message: unknown, ...rest: unknown[]): void;
  warn(message: unknown, ...rest: unknown[]): void;
  log(message: unknown, ...rest: unknown[]): void;
  debug(message: unknown, ...rest: unknown[]): void;
  verbose(message: unknown, ...rest: unknown[]): void;
  /** The same log, with these facts on every entry. */
  with(facts: LogFacts): Logger;
}

/** How entries are written, and where to. */
export interface LoggerOptions {
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
  /** `auto` is text when standard output is a terminal, else JSON. */
  readonly format: 'auto' | 'json' | 'text';
  /** Takes each line with its newline; standard output when absent. */
  readonly write?: (line: string) => void;
}

type Level = LoggerOptions['level'];

const isFacts = (value: unknown): value is LogFacts =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Nest hands over a stack as text; only its first line is told from a name by the line break. */
const textsOf = (texts: readonly string[]): LogFacts => ({
  ...Object.fromEntries(texts.filter((text) => text.includes('\n')).map((text) => ['stack', text])),
  ...Object.fromEntries(texts.filter((text) => !text.includes('\n')).map((text) => ['part', text])),
});

/** Everything after the message as one set of facts; an Error becomes `err`, cause included. */
const factsOf = (values: readonly unknown[]): LogFacts => {
  const facts: Record<string, unknown> = {};
  for (const value of values) {
    if (value instanceof Error) facts['err'] = value;
    else if (isFacts(value)) Object.assign(facts, value);
  }
  return {
    ...textsOf(values.filter((value) => typeof value === 'string')),
    ...facts,
  };
};

/** Files are often named by the subscriber whose records they hold. */
const masked =
  (mask: (text: string) => string) =>
  (value: unknown): unknown =>
    typeof value === 'string' ? mask(value) : value;

/** Errors of others hold whole certificates; each names its issuer, the last one itself. */
const deepestFacts = 6;
const mostItems = 100;

/** Plain data, names of files masked, whatever is in it: bounded, bytes as their number. */
const withoutNumbers = (value: unknown, depth = 0): unknown => {
  if (typeof value === 'string') return maskFileNames(value);
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (depth === deepestFacts) return '…';
  if (Array.isArray(value)) {
    return value.slice(0, mostItems).map((each) => withoutNumbers(each, depth + 1));
  }
  if (value instanceof Date) return value;
  const entries = Object.entries(value).slice(0, mostItems);
  return Object.fromEntries(entries.map(([key, of]) => [key, withoutNumbers(of, depth + 1)]));
};

/** An Error with its code, facts and causes, as plain data; names of files in it are masked. */
const describeError = (error: unknown): unknown =>
  error instanceof Error ? withoutNumbers({ ...stdSerializers.errWithCause(error) }) : error;

const serializers = {
  err: describeError,
  msisdn: maskMsisdn,
  file: masked(maskFileName),
  name: masked(maskFileName),
  path: masked(maskFileName),
  folder: masked(maskFileName),
  feed: masked(maskFileName),
  cause: masked(maskFileNames),
};

const over = (pinoLogger: Pino): Logger => {
  const at =
    (level: Level) =>
    (message: unknown, ...rest: unknown[]): void => {
      if (!pinoLogger.isLevelEnabled(level)) return;
      const isText = typeof message === 'string';
      const facts = factsOf(isText ? rest : [message, ...rest]);
      const text = message instanceof Error ? message.message : isText ? message : undefined;
      pinoLogger[level](facts, text === undefined ? text : maskFileNames(text));
    };
  return {
    fatal: at('fatal'),
    error: at('error'),
    warn: at('warn'),
    log: at('info'),
    debug: at('debug'),
    verbose: at('trace'),
    with: (facts) => over(pinoLogger.child(facts)),
  };
};

/** Written at once, so that the last words before an end by force are not lost. */
const toStandardOutput = (): ((line: string) => void) => {
  const output = destination({ fd: 1, sync: true });
  return (line) => void output.write(line);
};

/** Text for a terminal, JSON lines for machines; times are ISO 8601 in UTC. */
export const createLogger = (options: LoggerOptions): Logger => {
  const write = options.write ?? toStandardOutput();
  const isText =
    options.format === 'text' || (options.format === 'auto' && process.stdout.isTTY === true);
  return over(
    pino(
      {
        level: options.level,
        base: undefined,
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        serializers,
      },
      { write: isText ? (line: string) => write(textLine(line)) : write },
    ),
  );
};
