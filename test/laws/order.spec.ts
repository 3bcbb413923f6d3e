import fc from 'fast-check';
import {
  agreement,
  completeThrough,
  placed,
  record,
  recordId,
  type Unplaced,
} from '../support/builders.js';
import { rowsInForce } from '../support/checkers.js';
import { cutsArbitrary, logArbitrary } from '../support/log-arbitraries.js';
import { identityOf, type OracleEvent } from '../support/oracle-model.js';
import { messagesOf, outcomeOf, versionsOf } from '../support/outcome.js';
import { runsOf, seed } from '../support/seed.js';
import { runUsage } from '../support/usage-application.js';

const hourMs = 3_600_000;

/** Rows in force by what they say, not by when they were written. */
const contentOf = (partition: Awaited<ReturnType<typeof runUsage>>): string[] =>
  rowsInForce(versionsOf(partition))
    .map((row) => `${identityOf(row)} ${row.agreementId} ${row.status} ${row.recordedBytes}`)
    .sort();

/** Hourly records of three subscribers over ten days around the end of January. */
const hourly: fc.Arbitrary<{ events: Unplaced[]; key: number }[]> = fc.array(
  fc
    .record({
      hour: fc.integer({ min: 0, max: 240 }),
      subscriber: fc.integer({ min: 1, max: 3 }),
      recordedBytes: fc.integer({ min: 0, max: 60 }),
      /** How many hours later than its time the record comes: less than the four waited for. */
      delayHours: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ hour, subscriber, recordedBytes, delayHours }) => ({
      key: hour + delayHours,
      events: [
        record({
          msisdn: subscriber,
          recordedAtMs: Date.parse('2020-01-27T00:00Z') + hour * hourMs,
          recordedBytes,
          recordId: recordId(hour * 4 + subscriber),
        }),
      ],
    })),
  { maxLength: 80 },
);

const agreements = [1, 2, 3].map((subscriber) =>
  agreement({ id: recordId(900 + subscriber), msisdn: subscriber }),
);

/** After every record the feed says how far it is; it waits four hours for what is behind. */
const inArrivalOrder = (
  arrivals: readonly { events: Unplaced[]; key: number }[],
): OracleEvent[] => {
  const waited = { maxOutOfOrdernessMs: 4 * hourMs };
  const startMs = Date.parse('2020-01-27T00:00Z');
  return placed([
    ...agreements,
    ...arrivals.flatMap(({ events, key }) => [
      ...events,
      completeThrough(startMs + key * hourMs, waited),
    ]),
    completeThrough('2020-03-02T00:00Z', waited),
  ]);
};

describe(`order and repetition (seed ${seed})`, () => {
  test('any order within the out-of-orderness gives the same rows and closed totals', () =>
    fc.assert(
      fc.asyncProperty(hourly, cutsArbitrary, async (arrivals, cuts) => {
        const sorted = [...arrivals].sort((a, b) => a.key - b.key);
        const unique = new Map(sorted.map((arrival) => [JSON.stringify(arrival.events), arrival]));
        const delayed = [...unique.values()].sort((a, b) => a.key - b.key);
        const byTime = [...unique.values()].sort((a, b) => timeOf(a) - timeOf(b));
        const inTime = byTime.map((arrival) => ({
          ...arrival,
          key: (timeOf(arrival) - Date.parse('2020-01-27T00:00Z')) / hourMs,
        }));
        const one = await runUsage(inArrivalOrder(delayed), { cuts });
        const other = await runUsage(inArrivalOrder(inTime), { cuts });
        // Of two records with one identity and other bytes the first one counts, so leave them out.
        const identities = new Set([...unique.values()].map(identityIn));
        fc.pre(identities.size === unique.size);
        expect(contentOf(one)).toEqual(contentOf(other));
        expect(totalsOf(one)).toEqual(totalsOf(other));
      }),
      { seed, numRuns: runsOf(100) },
    ));

  test('a record that comes again, at any later place, changes neither rows nor messages', () =>
    fc.assert(
      fc.asyncProperty(
        logArbitrary(),
        fc.array(fc.record({ what: fc.nat(), after: fc.nat() }), { minLength: 1, maxLength: 10 }),
        async (log, repeats) => {
          // Records without a file move the clock of feed `topic`; repeats of others do not.
          const unplaced: Unplaced[] = log.map(({ offset: _offset, ...event }) => event);
          const repeated = [...unplaced];
          for (const { what, after } of repeats) {
            const at = what % repeated.length;
            const event = repeated[at];
            if (event.type !== 'record' || event.record.fileId === 0) continue;
            const place = at + 1 + (after % (repeated.length - at));
            repeated.splice(place, 0, event);
          }
          const once = await runUsage(placed(unplaced), { cuts: [7] });
          const again = await runUsage(placed(repeated), { cuts: [7] });
          fc.pre(!hasOverflow(once)); // what was beyond the largest total may fit the next time
          expect(contentOf(again)).toEqual(contentOf(once));
          expect(again.messages).toEqual(once.messages);
        },
      ),
      { seed, numRuns: runsOf(200) },
    ));
});

const recordIn = ({ events }: { events: Unplaced[] }) => {
  const [event] = events;
  if (event.type !== 'record') throw new Error('an arrival is a record');
  return event.record;
};
const timeOf = (arrival: { events: Unplaced[] }): number => recordIn(arrival).recordedAtMs;
const identityIn = (arrival: { events: Unplaced[] }): string => identityOf(recordIn(arrival));

const totalsOf = (partition: Awaited<ReturnType<typeof runUsage>>): string[] =>
  messagesOf(partition)
    .filter(({ type }) => type === 'BILLING_PERIOD_CLOSED')
    .map((m) => `${m.agreementId} ${m.year}-${m.month} ${m.total}`)
    .sort();

const hasOverflow = (partition: Awaited<ReturnType<typeof runUsage>>): boolean =>
  outcomeOf(partition).deadLetters.some(({ code }) => code === 'TOTAL_OUT_OF_RANGE');
