import {
  agreement,
  completeThrough,
  correction,
  feed,
  ids,
  msisdn,
  placed,
  record,
  recordId,
  type Unplaced,
} from '../support/builders.js';
import { rowsInForce } from '../support/checkers.js';
import { messagesOf, outcomeOf, versionsOf } from '../support/outcome.js';
import { runUsage } from '../support/usage-application.js';

/** The rules of docs/RULES.md, one small log each, with results worked out by hand. */
const run = async (events: readonly Unplaced[]) => {
  const partition = await runUsage(placed(events), { cuts: [1, 3] });
  return {
    rows: rowsInForce(versionsOf(partition)),
    versions: versionsOf(partition),
    messages: messagesOf(partition).map((m) => [m.type, m.year, m.month, m.total, m.delta]),
    records: messagesOf(partition).map((m) => m.recordId),
    ...{ books: outcomeOf(partition).books, refused: outcomeOf(partition).deadLetters },
  };
};

const exceeded = 'DATA_PLAN_EXCEEDED';
const retracted = 'DATA_PLAN_EXCEEDED_RETRACTED';
const closed = 'BILLING_PERIOD_CLOSED';
const adjusted = 'BILLING_PERIOD_ADJUSTED';
const none = undefined;

describe('agreement in force', () => {
  const atStart = record({ recordedAtMs: '2020-01-01T00:00+01:00' });
  const justBefore = record({ recordedAtMs: '2019-12-31T23:59:59.999+01:00' });

  test('covers the very start of the service, not a millisecond before', async () => {
    const statusOf = async (events: readonly Unplaced[]) =>
      (await run(events)).rows.map(({ status }) => status);
    expect(await statusOf([agreement(), atStart])).toEqual(['counted']);
    expect(await statusOf([agreement(), justBefore])).toEqual(['waiting']);
  });

  test('releases what waits at its very start, not a millisecond before', async () => {
    const statusOf = async (events: readonly Unplaced[]) =>
      (await run(events)).rows.map(({ status }) => status);
    expect(await statusOf([atStart, agreement()])).toEqual(['counted']);
    expect(await statusOf([justBefore, agreement()])).toEqual(['waiting']);
  });

  test('a change at 00:00 of the 1st takes the first record of its month', async () => {
    const start = '2020-02-01T00:00+01:00';
    const newPlan = agreement({ id: ids.otherAgreement, serviceStartAtMs: start });
    const first = record({ recordedAtMs: start, recordId: recordId(2) });
    const lastOfOld = record({ recordedAtMs: '2020-01-31T23:59:59.999+01:00' });
    const { rows } = await run([agreement(), newPlan, first, lastOfOld]);
    expect(rows.map(({ agreementId }) => agreementId)).toEqual([ids.otherAgreement, ids.agreement]);
    const corrected = correction({ recordedAtMs: start, agreementId: ids.otherAgreement });
    expect((await run([agreement(), newPlan, corrected])).refused).toEqual([]);
  });

  test('the latest start wins, then the latest signature, whatever came first', async () => {
    const later = { id: ids.otherAgreement, signedAtMs: '2019-12-02T00:00Z' };
    const { rows } = await run([agreement(later), agreement(), record()]);
    expect(rows.map(({ agreementId }) => agreementId)).toEqual([ids.otherAgreement]);
    const newer = { id: ids.otherAgreement, serviceStartAtMs: '2020-01-10T00:00Z' };
    const oldSignature = { ...newer, signedAtMs: '2019-01-01T00:00Z' };
    const again = await run([agreement(oldSignature), agreement(), record()]);
    expect(again.rows.map(({ agreementId }) => agreementId)).toEqual([ids.otherAgreement]);
  });

  test('an agreement that comes after a record was counted does not move it', async () => {
    const newer = agreement({ id: ids.otherAgreement, serviceStartAtMs: '2020-01-10T00:00Z' });
    const { versions } = await run([agreement(), record(), newer]);
    expect(versions.map(({ agreementId }) => agreementId)).toEqual([ids.agreement]);
  });

  test('the same id again has no effect, with other content it is refused', async () => {
    const { refused, versions } = await run([
      agreement(),
      agreement(),
      agreement({ maxBytesInBillingPeriod: 101 }),
      record({ recordedBytes: 100 }),
    ]);
    expect(refused).toEqual([{ offset: 2, code: 'AGREEMENT_CONFLICT' }]);
    expect(versions).toHaveLength(1);
  });
});

describe('billing period', () => {
  test('a record at 00:00 of the 1st in its zone is in the new month', async () => {
    const { messages } = await run([
      agreement(),
      record({ recordedAtMs: '2020-01-31T23:59:59.999+01:00', recordedBytes: 1 }),
      record({ recordedAtMs: '2020-02-01T00:00+01:00', recordedBytes: 2 }),
      completeThrough('2020-03-01T00:00+01:00'),
    ]);
    expect(messages).toEqual([
      [closed, 2020, 1, 1, none],
      [closed, 2020, 2, 2, none],
    ]);
  });

  test('is closed when the watermark reaches its end, not a millisecond before', async () => {
    const events = [agreement(), record()];
    const before = completeThrough('2020-01-31T23:59:59.999+01:00');
    expect((await run([...events, before])).messages).toEqual([]);
    const at = completeThrough('2020-02-01T00:00+01:00');
    expect((await run([...events, at])).messages).toEqual([[closed, 2020, 1, 10, none]]);
  });
});

describe('exceeded', () => {
  test('is said once, at the total that reaches the plan, naming the crossing record', async () => {
    const { messages, records } = await run([
      agreement(),
      record({ recordId: recordId(1), recordedBytes: 99 }),
      record({ recordId: recordId(2), recordedBytes: 1 }),
      record({ recordId: recordId(3), recordedBytes: 1 }),
    ]);
    expect(messages).toEqual([[exceeded, 2020, 1, 100, none]]);
    expect(records).toEqual([recordId(2)]);
  });

  test('is said again in the next period', async () => {
    const { messages } = await run([
      agreement(),
      record({ recordedBytes: 100 }),
      record({ recordedAtMs: '2020-02-15T00:00Z', recordedBytes: 100 }),
    ]);
    expect(messages.map(([type, , month]) => [type, month])).toEqual([
      [exceeded, 1],
      [exceeded, 2],
    ]);
  });
});

describe('event clock', () => {
  const february = completeThrough('2020-02-01T00:00+01:00');

  test('the slowest active feed holds the closing back until it is idle or ended', async () => {
    const slow = completeThrough('2020-01-20T00:00Z', { feed: 'roaming' });
    const events = [agreement(), slow, record(), february];
    expect((await run(events)).messages).toEqual([]);
    for (const status of ['idle', 'ended'] as const) {
      const { messages } = await run([...events, feed({ feed: 'roaming', status })]);
      expect(messages).toEqual([[closed, 2020, 1, 10, none]]);
    }
  });

  test('the allowed out-of-orderness of a feed is waited for', async () => {
    const hour = { maxOutOfOrdernessMs: 3_600_000 };
    const events = [agreement(), record(), completeThrough('2020-02-01T00:00+01:00', hour)];
    expect((await run(events)).messages).toEqual([]);
    const after = completeThrough('2020-02-01T01:00+01:00');
    expect((await run([...events, after])).messages).toHaveLength(1);
  });

  test('never goes back: a feed that starts behind opens no closed period again', async () => {
    const { messages, rows } = await run([
      agreement(),
      february,
      completeThrough('2020-01-02T00:00Z', { feed: 'roaming' }),
      record(),
    ]);
    expect(rows.map(({ status }) => status)).toEqual(['late']);
    expect(messages).toEqual([
      [closed, 2020, 1, 0, none],
      [adjusted, 2020, 1, 10, 10],
    ]);
  });

  test('records without a file are the progress of feed topic', async () => {
    const { messages } = await run([
      feed({ feed: 'topic', stampMs: Date.parse('2020-02-01T00:00+01:00') }),
      agreement(),
      record({ fileId: 0 }),
      record({ fileId: 0, recordedAtMs: '2020-02-01T00:00+01:00', recordedBytes: 1 }),
    ]);
    expect(messages).toEqual([[closed, 2020, 1, 10, none]]);
  });

  test('and close nothing before the wall clock is there', async () => {
    const lateOnThe30th = Date.parse('2020-01-30T23:00+01:00');
    const ahead = { fileId: 0, recordedAtMs: '2020-02-01T01:00+01:00', recordedBytes: 1 };
    const events = [
      feed({ feed: 'topic', stampMs: lateOnThe30th }),
      agreement(),
      record({ fileId: 0 }),
      record({ ...ahead, recordId: recordId(8) }),
      record({ fileId: 0, recordedAtMs: '2020-01-31T12:00+01:00', recordId: recordId(9) }),
    ];
    const { messages, rows } = await run(events);
    expect(messages).toEqual([]);
    expect(rows.map(({ status }) => status)).toEqual(['counted', 'counted', 'counted']);
    const then = { feed: 'topic', stampMs: Date.parse('2020-02-01T00:30+01:00') };
    const { messages: closing } = await run([...events, feed(then)]);
    expect(closing).toEqual([[closed, 2020, 1, 20, none]]);
  });

  test('nor does a feed that says it is complete ahead of the wall clock', async () => {
    const stampMs = Date.parse('2020-01-31T22:00+01:00');
    const said = completeThrough('2020-02-01T20:00+01:00', { stampMs });
    const { messages } = await run([agreement(), record(), said]);
    expect(messages).toEqual([]);
  });

  test('a record of a year that cannot have come is refused, and no other one', async () => {
    const stampMs = Date.parse('2020-01-15T00:00Z');
    const { refused, messages, rows } = await run([
      feed({ feed: 'topic', stampMs }),
      agreement(),
      record({ fileId: 0, recordedAtMs: '9998-01-01T00:00Z' }),
      record({ fileId: 0, recordedAtMs: stampMs + 366 * 86_400_000, recordId: recordId(2) }),
    ]);
    expect(refused.map(({ code }) => code)).toEqual(['RECORD_IN_FUTURE']);
    expect([messages, rows.length]).toEqual([[], 1]);
  });
});

describe('closed', () => {
  test('names the greatest time, and the later processed of two at that time', async () => {
    const { records } = await run([
      agreement(),
      record({ recordId: recordId(3), recordedBytes: 1 }),
      record({ recordId: recordId(2), recordedBytes: 1 }),
      record({ recordId: recordId(9), recordedBytes: 1, recordedAtMs: '2020-01-14T00:00Z' }),
      completeThrough('2020-02-01T00:00+01:00'),
    ]);
    expect(records).toEqual([recordId(2)]);
  });

  test('is not said of an agreement without records', async () => {
    const { messages } = await run([agreement(), completeThrough('2020-02-01T00:00+01:00')]);
    expect(messages).toEqual([]);
  });

  test('earlier periods are closed first', async () => {
    const { messages } = await run([
      agreement({ maxBytesInBillingPeriod: 1000 }),
      record({ recordedAtMs: '2020-02-15T00:00Z' }),
      record(),
      completeThrough('2020-03-01T00:00+01:00'),
    ]);
    expect(messages.map(([type, , month]) => [type, month])).toEqual([
      [closed, 1],
      [closed, 2],
    ]);
  });
});

describe('late', () => {
  test('is stored, and moves the closed total by an adjustment', async () => {
    const { messages, rows, books } = await run([
      agreement(),
      record({ recordId: recordId(1) }),
      completeThrough('2020-02-01T00:00+01:00'),
      record({ recordId: recordId(2), recordedBytes: 5 }),
      record({ recordId: recordId(3), recordedBytes: 85 }),
    ]);
    expect(rows.map(({ status, recordedBytes }) => [status, recordedBytes])).toEqual([
      ['counted', 10],
      ['late', 5],
      ['late', 85],
    ]);
    expect(messages).toEqual([
      [closed, 2020, 1, 10, none],
      [adjusted, 2020, 1, 15, 5],
      [adjusted, 2020, 1, 100, 85],
      [exceeded, 2020, 1, 100, none],
    ]);
    expect(books).toEqual([[1, { counted: 1, late: 2, waiting: 0, duplicate: 0, rejected: 0 }]]);
  });

  test('the first record of a period closes it with 0, then adjusts it', async () => {
    const { messages, records } = await run([
      agreement(),
      completeThrough('2020-02-01T00:00+01:00'),
      record({ recordId: recordId(7), recordedBytes: 100 }),
      record({ recordId: recordId(8), recordedBytes: 1 }),
    ]);
    expect(messages).toEqual([
      [closed, 2020, 1, 0, none],
      [adjusted, 2020, 1, 100, 100],
      [exceeded, 2020, 1, 100, none],
      [adjusted, 2020, 1, 101, 1],
    ]);
    expect(records).toEqual([7, 7, 7, 8].map(recordId));
  });

  test('a correction that adds the first record of a period that has ended closes it', async () => {
    const { messages } = await run([
      agreement(),
      completeThrough('2020-02-01T00:00+01:00'),
      correction(),
    ]);
    expect(messages).toEqual([
      [closed, 2020, 1, 0, none],
      [adjusted, 2020, 1, 20, 20],
    ]);
  });
});

describe('identity of a record', () => {
  test('the same with the same bytes is a duplicate, in whatever file it stands', async () => {
    const { versions, books } = await run([agreement(), record(), record({ fileId: 2 })]);
    expect(versions).toHaveLength(1);
    expect(books.map(([fileId, book]) => [fileId, book])).toEqual([
      [1, { counted: 1, late: 0, waiting: 0, duplicate: 0, rejected: 0 }],
      [2, { counted: 0, late: 0, waiting: 0, duplicate: 1, rejected: 0 }],
    ]);
  });

  test('the same with other bytes is a conflict', async () => {
    const { versions, refused } = await run([agreement(), record(), record({ recordedBytes: 11 })]);
    expect(versions).toHaveLength(1);
    expect(refused).toEqual([{ offset: 2, code: 'CONFLICTING_RECORD' }]);
  });

  test('another time, id or subscriber is another record', async () => {
    const { versions } = await run([
      agreement(),
      record(),
      record({ recordedAtMs: '2020-01-15T00:00:00.001Z' }),
      record({ recordId: recordId(2) }),
      record({ msisdn: msisdn + 1 }),
    ]);
    expect(versions).toHaveLength(4);
  });

  test('a redelivered record that was corrected since is a duplicate of what it was', async () => {
    const { books } = await run([agreement(), record(), correction(), record()]);
    expect(books).toEqual([[1, { counted: 1, late: 0, waiting: 0, duplicate: 1, rejected: 0 }]]);
  });

  test('a waiting record that comes again is a duplicate', async () => {
    const { versions, books } = await run([record(), record()]);
    expect(versions).toHaveLength(1);
    expect(books).toEqual([[1, { counted: 0, late: 0, waiting: 1, duplicate: 1, rejected: 0 }]]);
  });
});

describe('waiting', () => {
  test('records are released in the order of their time when the agreement arrives', async () => {
    const { messages, records, versions, books } = await run([
      record({ recordId: recordId(1), recordedAtMs: '2020-01-20T00:00Z', recordedBytes: 60 }),
      record({ recordId: recordId(2), recordedAtMs: '2020-01-10T00:00Z', recordedBytes: 60 }),
      record({ recordId: recordId(3), recordedAtMs: '2019-12-10T00:00Z', recordedBytes: 60 }),
      agreement(),
    ]);
    expect(messages).toEqual([[exceeded, 2020, 1, 120, none]]);
    expect(records).toEqual([recordId(1)]);
    expect(versions.map(({ version, status }) => [version, status])).toEqual([
      [0, 'waiting'],
      [1, 'waiting'],
      [2, 'waiting'],
      [3, 'counted'],
      [3, 'counted'],
    ]);
    expect(books).toEqual([[1, { counted: 2, late: 0, waiting: 1, duplicate: 0, rejected: 0 }]]);
  });

  test('a record whose period has ended meanwhile is released as late', async () => {
    const { messages, rows } = await run([
      record(),
      completeThrough('2020-02-01T00:00+01:00'),
      agreement(),
    ]);
    expect(rows.map(({ status }) => status)).toEqual(['late']);
    expect(messages).toEqual([
      [closed, 2020, 1, 0, none],
      [adjusted, 2020, 1, 10, 10],
    ]);
  });
});

describe('correction', () => {
  test('moves the total by the difference, silently while nothing was said', async () => {
    const { messages, versions } = await run([
      agreement(),
      record(),
      correction(),
      completeThrough('2020-02-01T00:00+01:00'),
    ]);
    expect(messages).toEqual([[closed, 2020, 1, 20, none]]);
    expect(versions.map(({ version, recordedBytes }) => [version, recordedBytes])).toEqual([
      [1, 10],
      [2, 20],
    ]);
  });

  test('that reaches the plan says exceeded', async () => {
    const { messages } = await run([agreement(), record(), correction({ recordedBytes: 100 })]);
    expect(messages).toEqual([[exceeded, 2020, 1, 100, none]]);
  });

  test('that makes an exceeded untrue is followed by a retraction', async () => {
    const { messages } = await run([
      agreement(),
      record({ recordedBytes: 100 }),
      correction({ recordedBytes: 99 }),
      record({ recordId: recordId(2), recordedBytes: 1 }),
    ]);
    expect(messages).toEqual([
      [exceeded, 2020, 1, 100, none],
      [adjusted, 2020, 1, 99, -1],
      [retracted, 2020, 1, 99, none],
      [exceeded, 2020, 1, 100, none],
    ]);
  });

  test('of a closed period is an adjustment', async () => {
    const { messages } = await run([
      agreement(),
      record(),
      completeThrough('2020-02-01T00:00+01:00'),
      correction({ recordedBytes: 4 }),
    ]);
    expect(messages).toEqual([
      [closed, 2020, 1, 10, none],
      [adjusted, 2020, 1, 4, -6],
    ]);
  });

  test('with the same bytes leaves a version and nothing else', async () => {
    const { messages, versions } = await run([
      agreement(),
      record({ recordedBytes: 100 }),
      correction({ recordedBytes: 100 }),
    ]);
    expect(messages).toHaveLength(1);
    expect(versions.map(({ version }) => version)).toEqual([1, 2]);
  });

  test('of a record that is not there adds it under its agreement', async () => {
    const { versions } = await run([agreement(), correction()]);
    expect(versions).toMatchObject([
      { version: 1, agreementId: ids.agreement, status: 'counted', recordedBytes: 20 },
    ]);
  });

  test('is refused for an agreement that is not the one of the record', async () => {
    const other = { id: ids.otherAgreement, serviceStartAtMs: '2020-01-20T00:00Z' };
    const { refused, versions } = await run([
      correction(),
      record(),
      agreement(),
      agreement(other),
      correction({ agreementId: ids.otherAgreement }),
      correction({ agreementId: ids.otherAgreement, recordId: recordId(2) }),
    ]);
    expect(refused).toEqual([
      { offset: 0, code: 'AGREEMENT_UNKNOWN' },
      { offset: 4, code: 'RECORD_OF_ANOTHER_AGREEMENT' },
      { offset: 5, code: 'AGREEMENT_NOT_IN_FORCE' },
    ]);
    expect(versions).toHaveLength(2);
  });
});

describe('byte counts', () => {
  test('are exact up to 2^53 - 1, and a record that would go beyond is rejected', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const { messages, refused, books } = await run([
      agreement({ maxBytesInBillingPeriod: most }),
      record({ recordedBytes: most - 1 }),
      record({ recordId: recordId(2), recordedBytes: 2 }),
      record({ recordId: recordId(3), recordedBytes: 1 }),
    ]);
    expect(messages).toEqual([[exceeded, 2020, 1, most, none]]);
    expect(refused).toEqual([{ offset: 2, code: 'TOTAL_OUT_OF_RANGE' }]);
    expect(books).toEqual([[1, { counted: 2, late: 0, waiting: 0, duplicate: 0, rejected: 1 }]]);
  });
});
