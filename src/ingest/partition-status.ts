import type { EventClock, TaskState } from '../streaming/index.js';

/** Billing periods with records that are not closed, over all agreements. */
export interface OpenPeriods {
  readonly count: number;
  /** The end that comes first (epoch ms); undefined when none is open. */
  readonly earliestEndMs: number | undefined;
}

/** What can be seen of the partition's task while it runs; for reading only. */
export interface PartitionStatus {
  readonly state: TaskState;
  /** Undefined unless the task runs. */
  clock(): EventClock | undefined;
  openPeriods(): OpenPeriods | undefined;
}

export const PARTITION_STATUS = Symbol('PartitionStatus');
