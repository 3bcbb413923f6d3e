import {
  assertBookBalances,
  assertClosedAfterExceeded,
  assertNoDuplicateMessage,
  assertNoDuplicateRow,
  assertNoGap,
  assertSumsEqual,
  rowsInForce,
  type SentMessage,
} from './checkers.js';
import type { Book, OracleRow } from './oracle-model.js';

const row = (over: Partial<OracleRow> = {}): OracleRow => ({
  msisdn: 48_500_000_001,
  recordedAtMs: Date.UTC(2020, 0, 15),
  recordId: 'r1',
  version: 7,
  agreementId: 'a1',
  recordedBytes: 100,
  status: 'counted',
  fileId: 1,
  lineNo: 1,
  ...over,
});

const message = (over: Partial<SentMessage> = {}): SentMessage => ({
  id: 'm1',
  type: 'BILLING_PERIOD_CLOSED',
  agreementId: 'a1',
  year: 2020,
  month: 1,
  latestRecordedAtMs: Date.UTC(2020, 0, 15),
  recordId: 'r1',
  total: 100,
  timestampMs: Date.UTC(2020, 1, 1) - 1,
  ...over,
});

const book = (over: Partial<Book> = {}): Book => ({
  counted: 0,
  late: 0,
  waiting: 0,
  duplicate: 0,
  rejected: 0,
  ...over,
});

const utc = new Map([['a1', 'UTC']]);
const exceeded = message({ id: 'm2', type: 'DATA_PLAN_EXCEEDED' });
const retracted = message({ id: 'm3', type: 'DATA_PLAN_EXCEEDED_RETRACTED' });
const adjusted = message({ id: 'm4', type: 'BILLING_PERIOD_ADJUSTED', delta: 5, total: 105 });

describe('the checkers find what they are for', () => {
  test('a version of a row that is there twice', () => {
    assertNoDuplicateRow([row(), row({ version: 8 })]);
    expect(() => assertNoDuplicateRow([row(), row()])).toThrow('there 2 times');
  });

  test('readers see the greatest version whatever the order', () => {
    const rows = [row({ version: 9, recordedBytes: 3 }), row({ version: 8 })];
    expect(rowsInForce(rows).map(({ version }) => version)).toEqual([9]);
  });

  test('a message id that was sent twice', () => {
    assertNoDuplicateMessage([exceeded, message()]);
    expect(() => assertNoDuplicateMessage([exceeded, exceeded])).toThrow('sent 2 times');
  });

  test('a period that was closed twice under two ids', () => {
    const twice = [message(), message({ id: 'm9' })];
    expect(() => assertNoDuplicateMessage(twice)).toThrow('closed 2 times');
  });

  test('a plan exceeded again without a retraction between', () => {
    const again = { ...exceeded, id: 'm9' };
    assertNoDuplicateMessage([exceeded, retracted, again]);
    expect(() => assertNoDuplicateMessage([exceeded, again])).toThrow('twice');
  });

  test('a retraction of what was not said', () => {
    expect(() => assertNoDuplicateMessage([retracted])).toThrow('not said');
  });

  test('an offset that is missing, doubled, or not the first', () => {
    assertNoGap([0, 1, 2]);
    expect(() => assertNoGap([0, 2])).toThrow('offset 2');
    expect(() => assertNoGap([0, 0])).toThrow('offset 0');
    expect(() => assertNoGap([1])).toThrow('offset 1');
  });

  test('a plan exceeded after the closing with no adjustment before it', () => {
    assertClosedAfterExceeded([exceeded, message()]);
    assertClosedAfterExceeded([message(), adjusted, exceeded]);
    expect(() => assertClosedAfterExceeded([message(), exceeded])).toThrow('after it was closed');
  });

  test('a closed total that the rows do not sum to', () => {
    assertSumsEqual([row()], [message()], utc);
    expect(() => assertSumsEqual([row({ recordedBytes: 99 })], [message()], utc)).toThrow('sum');
    expect(() => assertSumsEqual([], [message()], utc)).toThrow('sum to 0');
  });

  test('a row that belongs to the next period of its zone', () => {
    const lastHour = row({ recordedAtMs: Date.UTC(2020, 0, 31, 23, 30) });
    assertSumsEqual([lastHour], [message()], utc);
    const warsaw = new Map([['a1', 'Europe/Warsaw']]);
    expect(() => assertSumsEqual([lastHour], [message()], warsaw)).toThrow('sum to 0');
  });

  test('an adjustment whose total does not follow from its delta', () => {
    const late = row({ recordId: 'r2', recordedBytes: 5, status: 'late' });
    assertSumsEqual([row(), late], [message(), adjusted], utc);
    const wrong = [message(), { ...adjusted, total: 106 }];
    expect(() => assertSumsEqual([row(), late], wrong, utc)).toThrow('its deltas 105');
  });

  test('a line that is in no column of the book', () => {
    assertBookBalances(book({ counted: 1 }), { fileId: 1, lines: 1, rows: [row()] });
    const oneShort = { fileId: 1, lines: 2, rows: [row()] };
    expect(() => assertBookBalances(book({ counted: 1 }), oneShort)).toThrow('2 lines');
  });

  test('a book that balances with other columns than its rows', () => {
    const of = { fileId: 1, lines: 1, rows: [row()] };
    expect(() => assertBookBalances(book({ late: 1 }), of)).toThrow('1 rows counted');
  });

  test('a column below zero', () => {
    const of = { fileId: 1, lines: 1, rows: [row()] };
    const negative = book({ counted: 2, waiting: -1 });
    expect(() => assertBookBalances(negative, of)).toThrow('negative');
  });
});
