import 'reflect-metadata';
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { configErrors, loadSettings, type Settings } from './config/index.js';
import { askOnTerminal } from './commands/confirm.js';
import { demo } from './commands/demo.js';
import { commandErrors } from './commands/errors.js';
import { wiringErrors } from './wiring/errors.js';
import {
  startProgram,
  startText,
  type RunningProgram,
  type StartOptions,
} from './commands/start.js';
import { verify } from './commands/verify.js';
import { cassandraErrors } from './platform/cassandra/errors.js';
import { embeddedErrors } from './platform/embedded/index.js';
import { filesErrors } from './platform/files/errors.js';
import { systemClock } from './platform/http/clock.js';
import { httpErrors } from './platform/http/errors.js';
import { folderAbove } from './platform/http/static-files.js';
import { kafkaErrors } from './platform/kafka/errors.js';
import { restFor } from './platform/pause.js';
import { createLogger, type Logger } from './platform/telemetry/index.js';
import { Fault, seedHashes, streamingErrors, type FaultCodes } from './streaming/index.js';

const help = `Overage counts mobile data usage per agreement and billing period.

Usage
  overage [start]      run the program: REST, GraphQL, pages, and the import of CDR files
  overage demo         run the demo data through it in a directory of its own, then end
  overage migrate      make what is missing of keyspace, tables and topics of a cluster, then end
  overage repair       make a new store from what is left of a damaged one; asks first
  overage reset        leave the installation as new: takes every record away, asks first
  overage verify       recompute everything from the log and compare it with what is stored;
                       beside the programs of a cluster, but on no file that one runs on

Options
  --yes                ask nothing (repair, reset)
  --data-record        write table data_record from usage_record too (migrate)
  --validate           say what is wrong with the settings, all at once, and end
  --help               this text

Examples
  DATA_DIR=/var/lib/overage PORT=9000 overage
  FEED_MAX_OUT_OF_ORDERNESS=PT0S overage start
  SETTINGS_FILE=overage.settings.json overage --validate
  DATA_DIR=/var/lib/overage overage verify
  DATA_DIR=/var/lib/overage overage reset --yes
  STORE=cluster KAFKA_BOOTSTRAP_SERVERS=k1:9092 CASSANDRA_CONTACT_POINT=c1 overage migrate
  STORE=cluster KAFKA_BOOTSTRAP_SERVERS=k1:9092 CASSANDRA_CONTACT_POINT=c1 ROLES=api overage

Settings come from the environment, then from the settings file; docs/configuration.md lists them.
`;

const commands = ['start', 'demo', 'migrate', 'repair', 'reset', 'verify'] as const;
type Command = (typeof commands)[number];

interface CommandLine {
  readonly command: Command;
  readonly validate: boolean;
  readonly yes: boolean;
  readonly dataRecord: boolean;
  readonly help: boolean;
}

const readCommandLine = (argv: readonly string[]): CommandLine | string => {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        validate: { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
        'data-record': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const [command = 'start', ...more] = positionals;
    const known = commands.find((name) => name === command);
    if (known === undefined) return `there is no command ${command}`;
    if (more.length > 0) return `${more[0]} is one word too many`;
    const { 'data-record': dataRecord, ...flags } = values;
    if (dataRecord && known !== 'migrate') return '--data-record is for migrate';
    return { command: known, dataRecord, ...flags };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const readFile = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8') : undefined;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const complain = (text: string): void => void process.stderr.write(`${text}\n`);

/** The settings, or undefined once all their faults are told. */
const settingsOrFaults = (): Settings | undefined => {
  const loaded = loadSettings(process.env, readFile);
  if (loaded.ok) return loaded.settings;
  for (const { path, message, code } of loaded.faults) complain(`${path}: ${message} (${code})`);
  return undefined;
};

const codes: FaultCodes = {
  ...cassandraErrors,
  ...commandErrors,
  ...configErrors,
  ...embeddedErrors,
  ...filesErrors,
  ...kafkaErrors,
  ...streamingErrors,
  ...httpErrors,
  ...wiringErrors,
};

/** What passes by itself is tried again by a program that runs; this one does not any more. */
const ended = 'The program has ended: look at the cause, then start it again.';

const nextOf = ({ code }: Fault): string => (Object.hasOwn(codes, code) ? codes[code].next : '');

const faultText = (error: unknown): string => {
  if (!(error instanceof Fault)) return error instanceof Error ? error.message : String(error);
  const next = error.reaction === 'Retry' ? ended : nextOf(error);
  const isList = error.message.includes('\n');
  return `${error.code}: ${error.message.replace(/\.$/, '')}.${isList ? '\n' : ' '}${next}`;
};

interface Place {
  readonly root: string;
  readonly version: string;
  readonly indexWorker: string;
}

const placeOfProgram = (): Place => {
  const root = folderAbove(import.meta.dirname, 'package.json') ?? process.cwd();
  const file = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    root,
    version: file.version,
    indexWorker: join(import.meta.dirname, 'run-builder.worker.js'),
  };
};

const signalled = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });

const runMigrate = async (
  { dataRecord }: CommandLine,
  settings: Settings,
  logger: Logger,
): Promise<number> => {
  if (settings.store === 'embedded') {
    complain('With STORE=embedded there is nothing to migrate; set STORE=cluster.');
    return 2;
  }
  const { migrate } = await import('./commands/migrate.js');
  await migrate(settings, logger, print);
  if (!dataRecord) return 0;
  const { fillDataRecord } = await import('./commands/fill-data-record.js');
  await fillDataRecord(settings, print);
  return 0;
};

/** A server that is away must not hold an end up until somebody uses force. */
const stopWithinMs = 20_000;
/** Neither a log that is read nor a server that is waited for must hold the end up. */
const stopStartWithinMs = 5000;
/** Clients go on to try what nobody waits for any more. */
const drainMs = 2000;

/** Ends the process then, if it still runs. Nothing is lost: what is not committed comes again. */
const endAfter = (ms: number, code: number): void => {
  void restFor(ms).then(() => process.exit(code));
};

const runRepair = async (
  { yes }: CommandLine,
  settings: Settings,
  logger: Logger,
): Promise<number> => {
  if (settings.store === 'cluster') {
    complain('Repair is for the store of STORE=embedded; Kafka and Cassandra mend their own.');
    return 2;
  }
  const { repair } = await import('./commands/repair.js');
  await repair({ settings, logger, print, yes, ask: askOnTerminal(), nowMs: systemClock() });
  return 0;
};

const runReset = async (line: CommandLine, settings: Settings, logger: Logger): Promise<number> => {
  const { reset } = await import('./commands/reset.js');
  const { yes } = line;
  await reset({ settings, logger, print, yes, ask: askOnTerminal(), nowMs: systemClock() });
  return 0;
};

/** The program; undefined when it was asked to end before it ran. */
const startUnlessAsked = async (
  options: StartOptions & { readonly asked: Promise<void> },
): Promise<RunningProgram | undefined> => {
  let isStarted = false;
  let isAsked = false;
  void options.asked.then(() => {
    isAsked = true;
    if (!isStarted) endAfter(stopStartWithinMs, 1);
  });
  try {
    const program = await startProgram(options);
    isStarted = true;
    return program;
  } catch (error) {
    if (isAsked) return undefined;
    throw error;
  }
};

const runStart = async (settings: Settings, logger: Logger): Promise<number> => {
  const asked = signalled();
  const program = await startUnlessAsked({ ...placeOfProgram(), settings, logger, asked });
  if (program === undefined) return 0;
  print(startText(program.url, settings));
  await asked;
  if (settings.store === 'cluster') endAfter(stopWithinMs, 1);
  await program.stop();
  if (settings.store === 'cluster') endAfter(drainMs, 0);
  return 0;
};

const runCommand = async (line: CommandLine, settings: Settings): Promise<number> => {
  const { command } = line;
  const logger = createLogger({
    level: command === 'start' ? settings.logLevel : 'warn',
    format: settings.logFormat,
  });
  if (command === 'demo') return demo({ ...placeOfProgram(), logger, print });
  if (command === 'migrate') return runMigrate(line, settings, logger);
  if (command === 'repair') return runRepair(line, settings, logger);
  if (command === 'reset') return runReset(line, settings, logger);
  if (command === 'verify') return (await verify(settings, logger, print)) === 0 ? 0 : 1;
  return runStart(settings, logger);
};

const run = async (argv: readonly string[]): Promise<number> => {
  const line = readCommandLine(argv);
  if (typeof line === 'string') {
    complain(`${line}\n\n${help}`);
    return 2;
  }
  if (line.help) {
    print(help);
    return 0;
  }
  const settings = settingsOrFaults();
  if (settings === undefined) return 1;
  if (line.validate) {
    print('The settings are right.');
    return 0;
  }
  try {
    return await runCommand(line, settings);
  } catch (error) {
    complain(faultText(error));
    endAfter(drainMs, 1); // nothing that was left open keeps a program that failed
    return 1;
  }
};

// Else the heap grows to four times of what it needs before it is looked through: requests that
// make much garbage took 750 MB, and take 600 so.
setFlagsFromString('--heap-growing-percent=80');
seedHashes(randomInt(2 ** 32), randomInt(2 ** 32));
process.exitCode = await run(process.argv.slice(2));
