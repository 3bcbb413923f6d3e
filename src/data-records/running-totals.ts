import type { YearMonth } from './data-records.topics.js';

/** The totals that the tasks of this process keep while they count. */
export interface RunningTotals {
  /**
   * Bytes counted for the agreement in the period, 0 when there are none. Undefined when no task
   * here knows the agreement (it is not known, its partition is another process's, or a task
   * is being restored): the rows have to be summed then.
   */
  total(agreementId: string, period: YearMonth): number | undefined;
}

export const RUNNING_TOTALS = Symbol('RunningTotals');
