import { periodAt } from './calendar-oracle.js';
import type { OracleEvent } from './oracle-model.js';
import { oracleOf } from './oracle.js';

/** The oracle itself is held against cases worked out by hand. */
const msisdn = 48_500_000_001;
const at = (text: string): number => Date.parse(text);

const agreement = {
  id: 'a1',
  msisdn,
  signedAtMs: at('2019-12-01T00:00:00Z'),
  serviceStartAtMs: at('2020-01-01T00:00:00Z'),
  billingPeriodTimeZone: 'UTC',
  maxBytesInBillingPeriod: 100,
};

const logOf = (events: readonly Record<string, unknown>[]): OracleEvent[] =>
  events.map((event, offset) => ({ offset, ...event }) as unknown as OracleEvent);

const record = (
  recordId: string,
  time: string,
  recordedBytes: number,
): Record<string, unknown> => ({
  type: 'record',
  record: { msisdn, recordedAtMs: at(time), recordId, recordedBytes, fileId: 1, lineNo: 1 },
});

const feed = (time: string): Record<string, unknown> => ({
  type: 'feed',
  progress: { feed: 'f', status: 'active', completeThroughMs: at(time) },
});

test('the oracle says exceeded with the crossing record, then closed with the latest', () => {
  const { messages, books } = oracleOf(
    logOf([
      { type: 'agreement', agreement },
      record('r1', '2020-01-02T00:00:00Z', 60),
      record('r2', '2020-01-03T00:00:00Z', 40),
      record('r2', '2020-01-03T00:00:00Z', 40),
      record('r2', '2020-01-03T00:00:00Z', 41),
      record('r3', '2020-01-02T12:00:00Z', 1),
      feed('2020-02-01T00:00:00Z'),
      record('r4', '2020-01-31T23:59:59Z', 9),
    ]),
  );
  expect(messages.map((m) => [m.type, m.recordId, m.total, m.delta])).toEqual([
    ['DATA_PLAN_EXCEEDED', 'r2', 100, undefined],
    ['BILLING_PERIOD_CLOSED', 'r2', 101, undefined],
    ['BILLING_PERIOD_ADJUSTED', 'r4', 110, 9],
  ]);
  expect(books.get(1)).toEqual({ counted: 3, late: 1, waiting: 0, duplicate: 1, rejected: 1 });
});

test('the oracle releases waiting records and takes an untrue exceeded back', () => {
  const correction = { msisdn, agreementId: 'a1', recordId: 'r1', recordedBytes: 1 };
  const { messages, versions } = oracleOf(
    logOf([
      record('r1', '2020-01-02T00:00:00Z', 100),
      { type: 'agreement', agreement },
      {
        type: 'correction',
        correction: { ...correction, recordedAtMs: at('2020-01-02T00:00:00Z') },
      },
    ]),
  );
  expect(messages.map((m) => [m.type, m.total, m.delta])).toEqual([
    ['DATA_PLAN_EXCEEDED', 100, undefined],
    ['BILLING_PERIOD_ADJUSTED', 1, -99],
    ['DATA_PLAN_EXCEEDED_RETRACTED', 1, undefined],
  ]);
  expect(versions.map((row) => [row.version, row.status])).toEqual([
    [0, 'waiting'],
    [1, 'counted'],
    [2, 'counted'],
  ]);
});

test('the oracle knows months that begin in a gap or with an hour shown twice', () => {
  const startOf = (zone: string, time: string): string =>
    new Date(periodAt(zone, at(time)).startMs).toISOString();
  expect(startOf('Europe/Warsaw', '2020-01-31T23:00:00Z')).toBe('2020-01-31T23:00:00.000Z');
  expect(startOf('Europe/Warsaw', '2020-01-31T22:59:59.999Z')).toBe('2019-12-31T23:00:00.000Z');
  // Clocks of Havana went from 00:00 to 01:00 on 1 April 2012, and back at 01:00 on 1 Nov 2015.
  expect(startOf('America/Havana', '2012-04-10T00:00:00Z')).toBe('2012-04-01T05:00:00.000Z');
  expect(startOf('America/Havana', '2015-11-10T00:00:00Z')).toBe('2015-11-01T04:00:00.000Z');
});
