import fc from 'fast-check';
import { readLedger } from '../../src/data-records/domain/ledger.js';
import { agreement, ids, placed, record, recordId } from '../support/builders.js';
import { messagesOf } from '../support/outcome.js';
import { asOracleRow, wholeSecondMs } from '../support/plain-rows.js';
import { runsOf, seed } from '../support/seed.js';
import { runUsage } from '../support/usage-application.js';

/** So few instants that several records that wait are of one. */
const instants = ['2020-01-05T10:00Z', '2020-01-05T10:00:00.001Z', '2020-01-09T00:00Z'];

const recordsOfAMonth = fc.array(
  fc.record({
    at: fc.constantFrom(...instants),
    bytes: fc.integer({ min: 0, max: 40 }),
    id: fc.nat(400),
  }),
  { minLength: 1, maxLength: 14 },
);

test(`the record that explain says took the plan is the one of its message (seed ${seed})`, () =>
  fc.assert(
    fc.asyncProperty(
      fc.record({
        records: recordsOfAMonth,
        waiting: fc.nat(14),
        maxBytesInBillingPeriod: fc.integer({ min: 0, max: 120 }),
        cut: fc.integer({ min: 1, max: 9 }),
      }),
      async ({ records, waiting, maxBytesInBillingPeriod, cut }) => {
        const events = records.map(({ at, bytes, id }) =>
          record({ recordId: recordId(id), recordedAtMs: at, recordedBytes: bytes }),
        );
        // some wait for their agreement, those behind it are counted as they come
        const log = placed([
          ...events.slice(0, waiting),
          agreement({ maxBytesInBillingPeriod }),
          ...events.slice(waiting),
        ]);
        const partition = await runUsage(log, { cuts: [cut] });
        const rows = partition
          .rows('usage_record')
          .map(asOracleRow)
          .map((row) => ({ ...row, isProvisional: row.provisional === true }))
          .sort(
            (a, b) =>
              b.recordedAtMs - a.recordedAtMs ||
              (a.recordId < b.recordId ? 1 : a.recordId > b.recordId ? -1 : 0) ||
              b.version - a.version,
          );
        const { crossing } = await readLedger(
          async function* () {
            yield await Promise.resolve(rows);
          },
          { agreementId: ids.agreement, allowanceBytes: maxBytesInBillingPeriod, limit: 100 },
        );
        const said = messagesOf(partition).filter(({ type }) => type === 'DATA_PLAN_EXCEEDED');
        expect(said.length).toBeLessThanOrEqual(1);
        expect(crossing?.recordId).toBe(said[0]?.recordId);
        if (crossing === undefined) return;
        expect(wholeSecondMs(crossing.recordedAtMs)).toBe(said[0].latestRecordedAtMs);
        expect(crossing.runningTotalBytes).toBe(said[0].total);
      },
    ),
    { seed, numRuns: runsOf(400) },
  ));
