import fc from 'fast-check';
import { agreement, record, placed } from '../support/builders.js';
import { cutsArbitrary, logArbitrary } from '../support/log-arbitraries.js';
import { troubles } from '../support/memory-partition.js';
import { outcomeOf, versionsOf } from '../support/outcome.js';
import { runsOf, seed } from '../support/seed.js';
import {
  askingForAll,
  lookedUpIn,
  rememberingIn,
  runUsage,
  waitingAskedFor,
} from '../support/usage-application.js';

const script = fc.record({
  cuts: cutsArbitrary,
  troubles: fc.array(fc.constantFrom('none', 'none', ...troubles), { maxLength: 30 }),
  snapshotEveryEvents: fc.constantFrom(1, 7, 1000),
  withoutSnapshots: fc.boolean(),
});

/** From nothing at all, over a day or two, to all there is. */
const memory = fc.constantFrom(0, 600, 1_200, 3_000, 2 ** 27);

describe(`what memory rules out (seed ${seed})`, () => {
  test('never changes a result: the same as when the store is asked for every record', () =>
    fc.assert(
      fc.asyncProperty(logArbitrary(120), script, memory, async (log, how, bytes) => {
        const asked = await runUsage(log, { cuts: [1000] }, askingForAll);
        const ruledOut = await runUsage(log, how, rememberingIn(bytes));
        expect(outcomeOf(ruledOut)).toEqual(outcomeOf(asked));
        expect(ruledOut.messages).toEqual(asked.messages);
      }),
      { seed, numRuns: runsOf(150) },
    ));

  test('a new record out of order asks nothing, one that came before is looked up', async () => {
    const hourly = Array.from({ length: 40 }, (_, n) =>
      record({ recordedAtMs: Date.parse('2020-01-10T00:00Z') + ((n * 7) % 40) * 3_600_000 }),
    );
    const known = placed([...hourly, hourly[3], hourly[30]]);
    expect(await lookedUpIn(known, [1])).toBe(2);
    expect(await lookedUpIn(known, [42])).toBe(0); // all in one batch: found in the batch
    expect(await lookedUpIn(known, [41])).toBe(1);
  });

  test('agreements at once that many records wait for are steps of their own', async () => {
    const msisdns = [48_500_000_001, 48_500_000_002, 48_500_000_003, 48_500_000_004];
    const each = 4_000;
    const waiting = msisdns.flatMap((msisdn) =>
      Array.from({ length: each }, (_, n) =>
        record({
          msisdn,
          recordedAtMs: Date.parse('2020-01-10T00:00Z') + n * 1000,
          recordedBytes: 1,
        }),
      ),
    );
    const agreements = msisdns.map((msisdn, n) =>
      agreement({ id: `aaaaaaaa-0000-4000-8000-00000000000${n}`, msisdn }),
    );
    const log = placed([...waiting, ...agreements]);
    const { partition, asked } = await waitingAskedFor(log, [2 * each]);
    expect(asked).toEqual([2, 2]); // 16,000 rows in one step would be too many
    const counted = versionsOf(partition).filter(({ status }) => status === 'counted');
    expect(counted).toHaveLength(waiting.length);
  });
});
