import type { UsageEvents } from '../../src/ingest/index.js';
import {
  Fault,
  PartitionTask,
  type EventLog,
  type RowStore,
  type StreamApplication,
} from '../../src/streaming/index.js';
import { crashCode, MemoryPartition, raise, type Trouble } from './memory-partition.js';
import type { OracleEvent } from './oracle-model.js';
import { usageEventsOf } from './usage-log.js';

/** How a log is run: where it is cut, what goes wrong, how often the state is saved. */
export interface RunScript {
  /** Sizes of batches, used over and over. */
  readonly cuts: readonly number[];
  /** What goes wrong, one after the other; nothing once they are used up. */
  readonly troubles?: readonly Trouble[];
  readonly snapshotEveryEvents?: number;
  /** Throws every snapshot away when a process dies. */
  readonly withoutSnapshots?: boolean;
}

export interface RunnableApplication<S, L, F> {
  readonly app: StreamApplication<S, UsageEvents, L, F>;
  readonly rowStoreOn: (partition: MemoryPartition) => RowStore<L, F>;
}

interface ScriptedLog extends EventLog<UsageEvents> {
  onEnd: () => void;
}

/** A log that is there already, handed out in cuts; at its end the task is told to stop. */
const scriptedLog = (
  log: readonly OracleEvent[],
  cuts: readonly number[],
  [partition, next]: readonly [MemoryPartition, () => Trouble],
): ScriptedLog => {
  let turn = 0;
  const slice = (from: number, to: number): UsageEvents | undefined => {
    const size = cuts[turn++ % cuts.length];
    const events = log.filter(({ offset }) => offset >= from && offset < to).slice(0, size);
    return events.length === 0 ? undefined : usageEventsOf(events);
  };
  const scripted: ScriptedLog = {
    onEnd: () => undefined,
    append: () => Promise.reject(new Error('nothing is appended in this test')),
    read: async (offset) => {
      raise(next());
      const events = slice(offset, Infinity);
      if (events !== undefined) return events;
      // As the real log: a commit that failed fails the read behind it.
      await partition.settled();
      if (partition.position.offset < offset) raise('refused');
      scripted.onEnd();
      return undefined;
    },
    async *stored(from, to) {
      for (let at = from; ;) {
        const events = slice(at, to);
        if (events === undefined) return;
        yield await Promise.resolve(events);
        at = events.offsets[events.length - 1] + 1;
      }
    },
  };
  return scripted;
};

/**
 * Runs a log to its end through the partition task, as often as processes die on the way, and
 * answers what is durable then. Throws what a task failed with, unless the script said so.
 */
export const runApplication = async <S, L, F>(
  { app, rowStoreOn }: RunnableApplication<S, L, F>,
  log: readonly OracleEvent[],
  script: RunScript,
): Promise<MemoryPartition> => {
  const troubles = [...(script.troubles ?? [])];
  const next = (): Trouble => troubles.shift() ?? 'none';
  const partition = new MemoryPartition(next);
  const store = rowStoreOn(partition);
  const scripted = scriptedLog(log, script.cuts, [partition, next]);
  for (;;) {
    let cause: unknown;
    const task = new PartitionTask(app, {
      log: scripted,
      rows: {
        find: async (lookups, beforeOffset) => {
          raise(next());
          return store.find(lookups, beforeOffset);
        },
      },
      commitPoint: partition,
      snapshots: partition,
      snapshotEveryEvents: script.snapshotEveryEvents ?? 10,
      turn: () => Promise.resolve(),
      pause: () => Promise.resolve(),
      onState: (_, why) => (cause = why),
    });
    scripted.onEnd = () => task.stop();
    await task.run();
    if (task.state === 'stopped') return partition;
    if (!(cause instanceof Fault) || cause.code !== crashCode) throw cause;
    if (script.withoutSnapshots === true) partition.forgetSnapshots();
  }
};
