import fc from 'fast-check';
import { countedBytes, usageApplication } from '../../src/billing-window/index.js';
import { inOnePiece } from '../../src/streaming/index.js';
import { agreement, completeThrough, placed, record, recordId } from '../support/builders.js';
import { cutsArbitrary, logArbitrary } from '../support/log-arbitraries.js';
import type { MemoryPartition } from '../support/memory-partition.js';
import type { OracleEvent } from '../support/oracle-model.js';
import { runsOf, seed } from '../support/seed.js';
import { rowStoreOn, runUsage } from '../support/usage-application.js';
import { usageEventsOf } from '../support/usage-log.js';

const hex = (chunks: Iterable<Uint8Array>): string => Buffer.concat([...chunks]).toString('hex');

interface How {
  readonly cuts: readonly number[];
  readonly isMuted: boolean;
}

/** Steps through the log over rows that are there already; all that may not depend on `isMuted`. */
const replayed = async (
  log: readonly OracleEvent[],
  partition: MemoryPartition,
  { cuts, isMuted }: How,
) => {
  const state = usageApplication.newState();
  const rows = rowStoreOn(partition);
  const steps: unknown[] = [];
  let messages = 0;
  let cursor = 0;
  for (let at = 0, turn = 0; at < log.length; turn++) {
    const events = usageEventsOf(log.slice(at, at + cuts[turn % cuts.length]));
    for (let from = 0; from < events.length;) {
      const lookups = usageApplication.lookups(state, { events, from });
      const undone = events.offsets[from] + (cursor > 0 ? 1 : 0);
      const found = lookups && (await rows.find(lookups.wanted, undone));
      const batch = { events, from, until: lookups?.until, isMuted };
      const step = inOnePiece(usageApplication.step(state, batch, found));
      steps.push([step.position, step.next]);
      messages += step.effects.messages.length;
      cursor = step.position.cursor;
      from = step.next;
    }
    at += events.length;
  }
  const [saved, counted] = [hex(usageApplication.save(state)), hex(countedBytes(state))];
  return { steps, saved, counted, messages };
};

describe(`a muted step (seed ${seed})`, () => {
  test('leaves the bytes of the state and the cuts that the first run left', () =>
    fc.assert(
      fc.asyncProperty(
        logArbitrary(120),
        cutsArbitrary,
        cutsArbitrary,
        async (log, cuts, others) => {
          const partition = await runUsage(log, { cuts });
          const first = await replayed(log, partition, { cuts, isMuted: false });
          const muted = await replayed(log, partition, { cuts, isMuted: true });
          expect(muted).toEqual({ ...first, messages: 0 });
          const cutOtherwise = await replayed(log, partition, { cuts: others, isMuted: true });
          expect(cutOtherwise.counted).toBe(first.counted);
        },
      ),
      { seed, numRuns: runsOf(100) },
    ));

  test('stops where the first run stopped for the many messages it made', async () => {
    const late = Array.from({ length: 2500 }, (_, n) => record({ recordId: recordId(n) }));
    const log = placed([agreement(), completeThrough('2020-03-01T00:00Z'), ...late]);
    const cuts = [log.length];
    const partition = await runUsage(log, { cuts });
    const first = await replayed(log, partition, { cuts, isMuted: false });
    expect(first.steps.length).toBeGreaterThan(2);
    expect(first.messages).toBeGreaterThan(2500);
    const muted = await replayed(log, partition, { cuts, isMuted: true });
    expect(muted).toEqual({ ...first, messages: 0 });
  });
});
