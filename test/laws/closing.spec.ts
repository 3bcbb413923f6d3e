import { agreement, completeThrough, feed, placed, record, recordId } from '../support/builders.js';
import { assertNoDuplicateMessage } from '../support/checkers.js';
import { messagesOf, outcomeOf, versionsOf } from '../support/outcome.js';
import { runUsage } from '../support/usage-application.js';

/** The 1st of a month (docs/RULES.md): more closings than one transaction may hold. */
const subscribers = 2500;
const mostMessagesACommit = 2000;

const log = placed([
  ...Array.from({ length: subscribers }, (_, index) =>
    agreement({ id: recordId(index), msisdn: 1000 + index, maxBytesInBillingPeriod: 10 ** 9 }),
  ),
  ...Array.from({ length: subscribers }, (_, index) =>
    record({ msisdn: 1000 + index, recordedBytes: index }),
  ),
  completeThrough('2020-02-01T00:00+01:00'),
  record({ msisdn: 1000, recordId: recordId(7), recordedBytes: 1 }),
]);

const expectAllClosedOnce = (partition: Awaited<ReturnType<typeof runUsage>>): void => {
  const messages = messagesOf(partition);
  assertNoDuplicateMessage(messages);
  const closings = messages.filter(({ type }) => type === 'BILLING_PERIOD_CLOSED');
  expect(closings.map(({ agreementId }) => agreementId)).toEqual(
    Array.from({ length: subscribers }, (_, index) => recordId(index)),
  );
  expect(messages.at(-1)).toMatchObject({ type: 'BILLING_PERIOD_ADJUSTED', delta: 1, total: 1 });
};

test('closings of one event take several transactions of at most 2,000 messages', async () => {
  const partition = await runUsage(log, { cuts: [4096] });
  expectAllClosedOnce(partition);
  const sizes = partition.commits.map(({ messages }) => messages);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(mostMessagesACommit);
});

test.each([1, 3, 4, 5, 6, 8])(
  'each period is closed once when the process dies at commit %i of them, snapshots or not',
  async (nth) => {
    const straight = await runUsage(log, { cuts: [4096] });
    for (const withoutSnapshots of [false, true]) {
      const troubles = [
        ...Array.from({ length: 3 + nth }, () => 'none' as const),
        ...(['crash', 'none', 'answer lost', 'refused', 'crash'] as const),
      ];
      const how = { cuts: [4096], troubles, snapshotEveryEvents: 3000, withoutSnapshots };
      const partition = await runUsage(log, how);
      expectAllClosedOnce(partition);
      expect(partition.messages).toEqual(straight.messages);
    }
  },
);

test('a record whose event takes several steps is known to the records behind it', async () => {
  const later = { msisdn: 1, fileId: 0, recordedAtMs: '2020-02-10T00:00Z' };
  const closing = record(later);
  const agreementsAndRecords = log.slice(0, 2 * subscribers);
  const events = placed([
    feed({ feed: 'topic', stampMs: Date.UTC(2020, 2) }),
    ...agreementsAndRecords,
    agreement({ id: recordId(subscribers), msisdn: 1, maxBytesInBillingPeriod: 10 ** 9 }),
    closing,
    closing,
    record({ ...later, recordedBytes: 11 }),
  ]);
  const partition = await runUsage(events, { cuts: [20_000] });
  expect(versionsOf(partition).filter(({ msisdn }) => msisdn === 1)).toHaveLength(1);
  expect(outcomeOf(partition).deadLetters.map(({ code }) => code)).toEqual(['CONFLICTING_RECORD']);
});
