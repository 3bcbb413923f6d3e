import type { YearMonth } from './data-records.topics.js';

/** The totals that the tasks keep while they count. */
export interface RunningTotals {
  /**
   * Bytes counted for the agreement in the period, 0 when there are none. Undefined when no task
   * that can be asked knows the agreement (it is not known, its partition has no owner now, or its
   * task is being restored): the rows have to be summed then.
   */
  total(agreementId: string, period: YearMonth): Promise<number | undefined>;
}

export const RUNNING_TOTALS = Symbol('RunningTotals');

/** What the tasks of this process have, for other processes that ask it. */
export interface KeptTotals {
  /** What tells this process from others. */
  readonly owner: string;
  /** As `RunningTotals.total`, of the tasks of this process alone. */
  total(agreementId: string, period: YearMonth): number | undefined;
}

/** The answer of one process to another. */
export interface KeptTotal {
  /** The process that answers: whoever asked another one by mistake does not believe it. */
  readonly owner: string;
  readonly totalBytes: number;
}

export const KEPT_TOTALS = Symbol('KeptTotals');
