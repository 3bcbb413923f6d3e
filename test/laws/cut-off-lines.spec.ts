import {
  agreement,
  completeThrough,
  correction,
  ids,
  placed,
  record,
  recordId,
  type Unplaced,
} from '../support/builders.js';
import { rowsInForce } from '../support/checkers.js';
import type { OracleRecord } from '../support/oracle-model.js';
import { messagesOf, outcomeOf, versionsOf } from '../support/outcome.js';
import { runUsage } from '../support/usage-application.js';

/** The rules of docs/RULES.md on lines that were cut off, with results worked out by hand. */
const run = async (...events: Unplaced[]) => {
  const partition = await runUsage(placed(events), { cuts: [1, 3] });
  const versions = versionsOf(partition);
  const rows = rowsInForce(versions);
  return {
    versions: versions.map((row) => [row.version, row.recordedBytes, row.provisional ?? false]),
    rows: rows.map((row) => [row.status, row.recordedBytes, row.fileId, row.lineNo]),
    messages: messagesOf(partition).map((m) => [m.type, m.total, m.delta]),
    books: outcomeOf(partition).books.map(([, book]) => Object.values(book) as number[]),
    refused: outcomeOf(partition).deadLetters,
  };
};

/** Line 9 of file 1, the last one and without a line break. */
const cut = (recordedBytes: number, over: Partial<OracleRecord> = {}): Unplaced =>
  record({ lineNo: 9, unterminated: true, ...over, recordedBytes });

/** The same record as line 3 of file 2. */
const whole = (recordedBytes: number, over: Partial<OracleRecord> = {}): Unplaced =>
  record({ fileId: 2, lineNo: 3, ...over, recordedBytes });

const closing = completeThrough('2020-02-01T00:00+01:00');
const exceeded = 'DATA_PLAN_EXCEEDED';
const retracted = 'DATA_PLAN_EXCEEDED_RETRACTED';
const closed = 'BILLING_PERIOD_CLOSED';
const adjusted = 'BILLING_PERIOD_ADJUSTED';
const none = undefined;

describe('a last line without a line break', () => {
  test('counts, as those of files that just end so', async () => {
    const { rows, books } = await run(agreement(), cut(10));
    expect(rows).toEqual([['counted', 10, 1, 9]]);
    expect(books).toEqual([[1, 0, 0, 0, 0]]);
  });

  test('gives way when the record is read whole, silently while nothing was said', async () => {
    const { versions, rows, messages, books, refused } = await run(agreement(), cut(1), whole(12));
    expect(versions).toEqual([
      [1, 1, true],
      [2, 12, false],
    ]);
    expect(rows).toEqual([['counted', 12, 2, 3]]);
    expect([messages, refused]).toEqual([[], []]);
    expect(books).toEqual([
      [0, 0, 0, 1, 0],
      [1, 0, 0, 0, 0],
    ]);
  });

  test('is known to be whole once it was read whole with the same bytes', async () => {
    const { versions, books, refused } = await run(agreement(), cut(10), whole(10), whole(100));
    expect(versions).toEqual([
      [1, 10, true],
      [2, 10, false],
    ]);
    expect(books).toEqual([
      [1, 0, 0, 0, 0],
      [0, 0, 0, 1, 1],
    ]);
    expect(refused).toEqual([{ offset: 3, code: 'CONFLICTING_RECORD' }]);
  });

  test('changes nothing when the record was known whole before', async () => {
    for (const bytes of [0, 1, 12, 123]) {
      const { rows, books, refused } = await run(agreement(), whole(1234), cut(bytes));
      expect(rows).toEqual([['counted', 1234, 2, 3]]);
      expect(refused).toEqual([]);
      expect(books).toEqual([
        [0, 0, 0, 1, 0],
        [1, 0, 0, 0, 0],
      ]);
    }
  });

  test('conflicts when it cannot be what is left of the whole one', async () => {
    for (const bytes of [2, 13, 1235, 12345]) {
      const { rows, refused } = await run(agreement(), whole(1234), cut(bytes));
      expect(rows).toEqual([['counted', 1234, 2, 3]]);
      expect(refused).toEqual([{ offset: 2, code: 'CONFLICTING_RECORD' }]);
    }
  });

  test('of two that were cut off the longer one stands until it is read whole', async () => {
    const longer = cut(12, { fileId: 3 });
    const expected = [
      [0, 0, 0, 1, 0],
      [1, 0, 0, 0, 0],
      [0, 0, 0, 1, 0],
    ];
    const rising = await run(agreement(), cut(1), longer, whole(123));
    const falling = await run(agreement(), longer, cut(1), whole(123));
    for (const { rows, books } of [rising, falling]) {
      expect(rows).toEqual([['counted', 123, 2, 3]]);
      expect(books).toEqual(expected);
    }
    expect(rising.versions).toHaveLength(3);
    expect(falling.versions).toHaveLength(2);
  });

  test('of two that cannot be one the first stands', async () => {
    const { rows, refused } = await run(agreement(), cut(12), cut(34, { fileId: 3 }));
    expect(rows).toEqual([['counted', 12, 1, 9]]);
    expect(refused).toEqual([{ offset: 2, code: 'CONFLICTING_RECORD' }]);
  });

  test('redelivered after it gave way is a duplicate', async () => {
    const again = cut(1, { fileId: 3 });
    const { rows, books } = await run(agreement(), cut(1), whole(12), again);
    expect(rows).toEqual([['counted', 12, 2, 3]]);
    expect(books[2]).toEqual([0, 0, 0, 1, 0]);
  });

  test('that a person corrected does not give way any more', async () => {
    const corrected = correction({ recordedBytes: 50 });
    const { rows, refused } = await run(agreement(), cut(1), corrected, whole(12));
    expect(rows).toEqual([['counted', 50, 1, 9]]);
    expect(refused).toEqual([{ offset: 3, code: 'CONFLICTING_RECORD' }]);
    const right = await run(agreement(), cut(1), correction({ recordedBytes: 12 }), whole(12));
    expect(right.rows).toEqual([['counted', 12, 1, 9]]);
    expect(right.refused).toEqual([]);
  });

  test('of a known file can be read on to its end', async () => {
    const readOn = whole(12, { fileId: 1, lineNo: 9 });
    const { rows, books } = await run(agreement(), cut(1), readOn);
    expect(rows).toEqual([['counted', 12, 1, 9]]);
    expect(books).toEqual([[1, 0, 0, 1, 0]]);
  });
});

describe('what a record read whole says when the cut one was counted', () => {
  test('exceeded, when the plan is reached only now', async () => {
    const { messages } = await run(agreement(), cut(10), whole(100));
    expect(messages).toEqual([[exceeded, 100, none]]);
  });

  test('adjusted, when the plan was exceeded already', async () => {
    const first = record({ recordId: recordId(2), recordedBytes: 100 });
    const { messages } = await run(agreement(), first, cut(1), whole(12));
    expect(messages).toEqual([
      [exceeded, 100, none],
      [adjusted, 112, 11],
    ]);
  });

  test('retracted, when the plan is not exceeded any more', async () => {
    const { messages } = await run(agreement(), cut(100), whole(99));
    expect(messages).toEqual([
      [exceeded, 100, none],
      [adjusted, 99, -1],
      [retracted, 99, none],
    ]);
  });

  test('adjusted, when the period was closed; the record stays a counted one', async () => {
    const { messages, rows, books } = await run(agreement(), cut(1), closing, whole(12));
    expect(messages).toEqual([
      [closed, 1, none],
      [adjusted, 12, 11],
    ]);
    expect(rows).toEqual([['counted', 12, 2, 3]]);
    expect(books).toEqual([
      [0, 0, 0, 1, 0],
      [1, 0, 0, 0, 0],
    ]);
  });

  test('adjusted, when it was late; the record stays a late one', async () => {
    const { messages, rows, books } = await run(agreement(), closing, cut(1), whole(12));
    expect(messages.slice(-2)).toEqual([
      [adjusted, 1, 1],
      [adjusted, 12, 11],
    ]);
    expect(rows).toEqual([['late', 12, 2, 3]]);
    expect(books).toEqual([
      [0, 0, 0, 1, 0],
      [0, 1, 0, 0, 0],
    ]);
  });

  test('nothing while it waits, and is released with all its bytes', async () => {
    const { messages, versions, rows, books } = await run(cut(1), whole(120), agreement());
    expect(versions).toEqual([
      [0, 1, true],
      [1, 120, false],
      [2, 120, false],
    ]);
    expect(messages).toEqual([[exceeded, 120, none]]);
    expect(rows).toEqual([['counted', 120, 2, 3]]);
    expect(books).toEqual([
      [0, 0, 0, 1, 0],
      [1, 0, 0, 0, 0],
    ]);
  });

  test('that it gives way still, when it was released as it was cut', async () => {
    const { versions, rows } = await run(cut(1), agreement(), whole(12));
    expect(versions).toEqual([
      [0, 1, true],
      [1, 1, true],
      [2, 12, false],
    ]);
    expect(rows).toEqual([['counted', 12, 2, 3]]);
  });

  test('under the agreement that the cut one was counted for', async () => {
    const newer = agreement({ id: ids.otherAgreement, serviceStartAtMs: '2020-01-10T00:00Z' });
    const partition = await runUsage(placed([agreement(), cut(1), newer, whole(12)]), {
      cuts: [2],
    });
    const [row] = rowsInForce(versionsOf(partition));
    expect(row).toMatchObject({ agreementId: ids.agreement, recordedBytes: 12 });
  });

  test('that the total would be out of range: then the cut one stays', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const plan = agreement({ maxBytesInBillingPeriod: most });
    const full = record({ recordId: recordId(2), recordedBytes: most - 50 });
    const { rows, refused, books } = await run(plan, full, cut(5), whole(51));
    expect(rows.at(-1)).toEqual(['counted', 5, 1, 9]);
    expect(refused).toEqual([{ offset: 3, code: 'TOTAL_OUT_OF_RANGE' }]);
    expect(books).toEqual([
      [2, 0, 0, 0, 0],
      [0, 0, 0, 0, 1],
    ]);
  });
});
