import type { UsageState, WindowTable } from '../billing-window/index.js';
import type { OpenPeriods, Partitions, PartitionStatus } from '../ingest/index.js';
import type { Position, TaskState } from '../streaming/index.js';

/** What is needed of the task to look into it. */
interface Watched {
  readonly state: TaskState;
  readonly position: Position;
  readonly memory: UsageState | undefined;
}

/** Periods with records that are not closed, over all agreements of a partition. */
export const openPeriodsOf = (windows: WindowTable): OpenPeriods => {
  let count = 0;
  for (const { head } of windows.buckets) {
    for (let window = head; window !== -1; window = windows.next[window]) count++;
  }
  const earliestEndMs = windows.buckets.length === 0 ? undefined : windows.nextEndMs;
  return { count, earliestEndMs };
};

/** The task's memory as the edges may see it: for reading, and only while the task runs. */
export const partitionStatus = (task: Pick<Watched, 'memory'>): PartitionStatus => ({
  clocks: () => {
    const { memory } = task;
    const clocks =
      memory === undefined
        ? undefined
        : [{ clock: memory.clock, openPeriods: () => openPeriodsOf(memory.windows) }];
    return Promise.resolve(clocks);
  },
});

/** What the embedded mode's one partition is told from. */
interface EmbeddedParts {
  readonly task: Watched;
  readonly log: { readonly end: number };
  readonly snapshots: {
    saved(): Promise<{ readonly position: Position; readonly savedAtMs: number } | undefined>;
  };
  readonly cause: () => string | undefined;
  /** What tells this process from others. */
  readonly owner: string;
  readonly now: () => number;
}

/** The one partition of the embedded mode. */
export const embeddedPartitions = (parts: EmbeddedParts): Partitions => ({
  list: async () => {
    const saved = await parts.snapshots.saved();
    const { state, position, memory } = parts.task;
    const { end } = parts.log;
    return [
      {
        partition: 0,
        owner: parts.owner,
        state,
        position,
        end,
        lag: Math.max(0, end - position.offset),
        snapshot: saved && { offset: saved.position.offset, savedAtMs: saved.savedAtMs },
        openPeriods: memory && openPeriodsOf(memory.windows).count,
        watermarkMs: memory?.clock.watermarkMs,
        cause: parts.cause(),
        updatedAtMs: parts.now(),
      },
    ];
  },
});
