import type { LoggerService } from '@nestjs/common';
import { createLogger, type Logger, type LoggerOptions } from './logger.js';
import { maskFileName, maskMsisdn } from './mask-msisdn.js';

interface Written {
  readonly logger: Logger;
  readonly lines: string[];
}

const loggerTo = (options: Partial<LoggerOptions> = {}): Written => {
  const lines: string[] = [];
  const logger = createLogger({
    level: 'info',
    format: 'json',
    write: (line) => void lines.push(line),
    ...options,
  });
  return { logger, lines };
};

const entries = (lines: readonly string[]): Record<string, unknown>[] =>
  lines.map((line) => JSON.parse(line) as Record<string, unknown>);

test('an entry is one JSON line with a time that says its zone', () => {
  const { logger, lines } = loggerTo();
  logger.log('file imported', { file: 'a.csv', lines: 3 });
  expect(lines).toHaveLength(1);
  expect(lines[0].endsWith('\n')).toBe(true);
  const [entry] = entries(lines);
  expect(entry).toMatchObject({ level: 'info', msg: 'file imported', file: 'a.csv', lines: 3 });
  expect(entry['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('an entry below the level is not written', () => {
  const { logger, lines } = loggerTo({ level: 'warn' });
  logger.log('a');
  logger.verbose('b');
  logger.warn('c');
  expect(entries(lines).map(({ msg }) => msg)).toEqual(['c']);
});

test('an error is told whatever is in it: bounded, bytes as their number, lists as lists', () => {
  const { logger, lines } = loggerTo();
  const root: Record<string, unknown> = { subject: 'root', raw: Buffer.alloc(5000) };
  root['issuerCertificate'] = root; // as TLS has it
  const inList = [new Error('of a list'), root];
  const cause = Object.assign(new Error('altname'), { cert: { issuerCertificate: root } });
  logger.error('refused', Object.assign(new Error('no host', { cause }), { inList, n: null }));
  expect(lines[0].length).toBeLessThan(5000);
  expect(entries(lines)[0]['err']).toMatchObject({
    message: 'no host',
    ...{ n: null, inList: [{}, { subject: 'root', raw: '5000 bytes' }] },
    cause: { message: 'altname', cert: { issuerCertificate: { subject: 'root' } } },
  });
});

test('an error keeps its cause', () => {
  const { logger, lines } = loggerTo();
  logger.error('commit failed', new Error('disk full', { cause: new Error('ENOSPC') }));
  expect(entries(lines)[0]).toMatchObject({
    msg: 'commit failed',
    err: { message: 'disk full', cause: { message: 'ENOSPC' } },
  });
});

test('an error alone is an entry with its message', () => {
  const { logger, lines } = loggerTo();
  logger.error(new Error('x'));
  expect(entries(lines)[0]).toMatchObject({ msg: 'x', err: { message: 'x' } });
});

test('Nest can use it: the last text is the part that speaks, a stack stays one', () => {
  const { logger, lines } = loggerTo();
  const nest: LoggerService = logger;
  nest.log('started', 'NestFactory');
  nest.error('failed', 'Error: x\n  at y', 'Router');
  expect(entries(lines)).toMatchObject([
    { msg: 'started', part: 'NestFactory' },
    { msg: 'failed', part: 'Router', stack: 'Error: x\n  at y' },
  ]);
});

test('an MSISDN among the facts is masked, also when it was given once for all entries', () => {
  const { logger, lines } = loggerTo();
  logger.log('late', { msisdn: 48917846822 });
  logger.with({ msisdn: '48917846822' }).log('late');
  expect(lines.join('')).not.toContain('48917846822');
  expect(entries(lines).map(({ msisdn }) => msisdn)).toEqual(['********822', '********822']);
});

test('text for a terminal has time, level, message, facts and the stack', () => {
  const { logger, lines } = loggerTo({ format: 'text' });
  logger.warn('slow commit', { ms: 12, file: 'a b.csv' }, new Error('why'));
  expect(lines[0]).toMatch(/^\S+Z WARN {2}slow commit ms=12 file="a b.csv"\nError: why\n/);
});

test('a text entry is one line, and shows no character that a terminal would obey', () => {
  const { logger, lines } = loggerTo({ format: 'text' });
  const bad =
    '\u001b[2J\u202e\u2066\u200f\u2028\u0085\u009b\ufeff\u{e0041}\n2020-01-01T00:00:00Z ERROR x';
  const error = new Error(bad);
  error.stack = `Error: ${bad}\n    at somewhere`;
  logger.warn(bad, { file: `${bad}.csv`, [`n`]: [bad] }, error);
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/[^\n\P{C}]/u);
  expect(lines[0]).not.toMatch(/[\u2028\u2029]/);
  const [, ...more] = lines[0].trimEnd().split('\n');
  for (const line of more.slice(1)) expect(line).toMatch(/^ {4}/);
  expect(lines[0]).toContain(String.raw`\u202e\u2066`);
});

test.each(['json', 'text'] as const)('an MSISDN in the name of a file is masked (%s)', (format) => {
  const { logger, lines } = loggerTo({ format });
  const name = '48917846822-20200131.csv';
  const missing = Object.assign(new Error(`ENOENT: no such file, open '/in/${name}'`), {
    path: `/in/${name}`,
  });
  logger.warn('a file was refused', { file: name, cause: String(missing) }, missing);
  logger.with({ file: name }).log(`gone: /in/${name}`);
  logger.warn('it is left alone', { folder: '48917846822', feed: 'feed-48917846822' });
  expect(lines.join('')).not.toContain('48917846822');
  expect(lines.join('')).toContain('822-20200131.csv');
});

test.each([
  ['48917846822.csv', '********822.csv'],
  ['idr_000_2020-01-02_1349856c-14bb-33a0-ae31-b3df49201961.csv', undefined],
  ['cdr_20200131235959_7.csv', undefined],
  ['cdr_2020013123.csv', undefined],
  ['cdr_20209931.csv', 'cdr_*****931.csv'],
  ['a4915112345678b', 'a**********678b'],
])('the name %s is shown as %s', (name, shown) => {
  expect(maskFileName(name)).toBe(shown ?? name);
});

test.each([
  ['48917846822', '********822'],
  [48917846822n, '********822'],
  ['1234', '*234'],
  ['123', '***'],
  ['', ''],
])('%s is shown as %s', (msisdn, shown) => {
  expect(maskMsisdn(msisdn)).toBe(shown);
});
