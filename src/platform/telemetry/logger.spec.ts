import type { LoggerService } from '@nestjs/common';
import { createLogger, type Logger, type LoggerOptions } from './logger.js';
import { maskMsisdn } from './mask-msisdn.js';

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

test.each([
  ['48917846822', '********822'],
  [48917846822n, '********822'],
  ['1234', '*234'],
  ['123', '***'],
  ['', ''],
])('%s is shown as %s', (msisdn, shown) => {
  expect(maskMsisdn(msisdn)).toBe(shown);
});
