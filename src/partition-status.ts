import type { UsageState, WindowTable } from './billing-window/index.js';
import type { OpenPeriods, PartitionStatus } from './ingest/index.js';
import type { TaskState } from './streaming/index.js';

/** What is needed of the task to look into it. */
interface Watched {
  readonly state: TaskState;
  readonly memory: UsageState | undefined;
}

const openPeriodsOf = (windows: WindowTable): OpenPeriods => {
  let count = 0;
  for (const { head } of windows.buckets) {
    for (let window = head; window !== -1; window = windows.next[window]) count++;
  }
  const earliestEndMs = windows.buckets.length === 0 ? undefined : windows.nextEndMs;
  return { count, earliestEndMs };
};

/** The task's memory as the edges may see it: for reading, and only while the task runs. */
export const partitionStatus = (task: Watched): PartitionStatus => ({
  get state() {
    return task.state;
  },
  clock: () => task.memory?.clock,
  openPeriods: () => {
    const windows = task.memory?.windows;
    return windows === undefined ? undefined : openPeriodsOf(windows);
  },
});
