import { monthOf, yearOf } from '../agreements/index.js';
import type { UsageState } from '../billing-window/index.js';
import type { EmbeddedDatabase } from '../platform/embedded/index.js';

/** Rows in force, summed by agreement and by the period their time lies in. */
const totalsOfZone = `
  WITH in_force AS (
    SELECT agreement_id, recorded_at, recorded_bytes FROM usage_record
     WHERE msisdn IN (SELECT msisdn FROM agreement WHERE billing_period_time_zone = $2)
    QUALIFY row_number() OVER (
      PARTITION BY msisdn, recorded_at, record_id ORDER BY version DESC) = 1)
  SELECT r.agreement_id, p.start_ms, sum(r.recorded_bytes)::HUGEINT AS total
    FROM in_force r
    JOIN agreement a ON a.id = r.agreement_id AND a.billing_period_time_zone = $2
    ASOF JOIN (SELECT unnest($1) AS start_ms) p ON r.recorded_at >= p.start_ms
   GROUP BY ALL`;

interface WindowKey {
  readonly agreementId: string;
  readonly startMs: number;
}

const keyOf = ({ agreementId, startMs }: WindowKey): string => `${agreementId}/${startMs}`;

const startsOf = (state: UsageState): Map<number, Set<number>> => {
  const starts = new Map<number, Set<number>>();
  const { windows, agreements } = state;
  for (let window = 0; window < windows.count; window++) {
    const zone = agreements.zoneIndex[windows.agreements[window]];
    const calendar = agreements.calendar(zone);
    const period = windows.periods[window];
    const known = starts.get(zone) ?? new Set<number>();
    // the end as well, so that a row behind the last window is not summed into it
    known.add(calendar.startMs(period)).add(calendar.endMs(period));
    starts.set(zone, known);
  }
  return starts;
};

const storedTotals = async (
  database: EmbeddedDatabase,
  state: UsageState,
): Promise<Map<string, bigint>> => {
  const totals = new Map<string, bigint>();
  for (const [zoneIndex, starts] of startsOf(state)) {
    const { zone } = state.agreements.calendar(zoneIndex);
    const sorted = Float64Array.from(starts).sort();
    const rows = await database.query(totalsOfZone, [sorted, zone]);
    for (const row of rows) {
      const key = { agreementId: String(row.agreement_id), startMs: Number(row.start_ms) };
      totals.set(keyOf(key), BigInt(row.total as number | bigint));
    }
  }
  return totals;
};

/**
 * Sums the rows of every window, open and closed, and compares with the totals the log gives.
 * Answers how many windows there are.
 */
export const checkTotals = async (
  database: EmbeddedDatabase,
  state: UsageState,
  differs: (line: string) => void,
): Promise<number> => {
  const stored = await storedTotals(database, state);
  const { windows, agreements } = state;
  for (let window = 0; window < windows.count; window++) {
    const agreement = windows.agreements[window];
    const period = windows.periods[window];
    const agreementId = agreements.idAt(agreement);
    const startMs = agreements.calendar(agreements.zoneIndex[agreement]).startMs(period);
    const key = keyOf({ agreementId, startMs });
    const total = stored.get(key) ?? 0n;
    stored.delete(key);
    if (total === BigInt(windows.totals[window])) continue;
    differs(
      `total of ${agreementId} ${yearOf(period)}-${monthOf(period)}: ` +
        `rows ${total}, log ${windows.totals[window]}`,
    );
  }
  for (const [key, total] of stored) {
    if (total !== 0n) differs(`total of ${key}: rows ${total}, the log has no such window`);
  }
  return windows.count;
};
