import { periodFromYearMonth } from '../agreements/index.js';
import type { UsageState } from '../billing-window/index.js';
import type { KeptTotals } from '../data-records/index.js';

/** Totals out of the memory of tasks; a task that does not run has none. */
export const keptTotals = (
  owner: string,
  memories: () => Iterable<UsageState | undefined>,
): KeptTotals => ({
  owner,
  total: (agreementId, { year, month }) => {
    for (const memory of memories()) {
      const agreement = memory?.agreements.findById(agreementId);
      if (memory === undefined || agreement === undefined) continue;
      const window = memory.windows.find(agreement, periodFromYearMonth(year, month));
      return window === undefined ? 0 : memory.windows.totals[window];
    }
    return undefined;
  },
});
