import type { EventClock } from '../streaming/index.js';

/** Billing periods with records that are not closed, over all agreements. */
export interface OpenPeriods {
  readonly count: number;
  /** The end that comes first (epoch ms); undefined when none is open. */
  readonly earliestEndMs: number | undefined;
}

/** How far one partition has come in event time; for reading only. */
export interface PartitionClock {
  readonly clock: EventClock;
  openPeriods(): OpenPeriods;
}

/** What can be seen of the tasks that count. */
export interface PartitionStatus {
  /** One for each partition. Undefined when it is not known of one: its task has not run. */
  clocks(): Promise<readonly PartitionClock[] | undefined>;
}

export const PARTITION_STATUS = Symbol('PartitionStatus');
