import { monthOf, yearOf } from '../agreements/index.js';
import type { UsageState } from '../billing-window/index.js';
import { isWaiting, recordStatuses } from '../ingest/index.js';
import type { EmbeddedDatabase } from '../platform/embedded/index.js';
import { columns } from '../streaming/index.js';
import { uuidText } from '../values/index.js';

/**
 * Bytes in force by agreement, of the rows in a stretch of time. Identities hold the time, so all
 * versions of one are in one stretch; the sum is text because it may pass 2^53.
 */
const totalsBetween = `
  SELECT agreement_id, sum(recorded_bytes)::VARCHAR AS total
    FROM (SELECT arg_max(agreement_id, version) AS agreement_id,
                 arg_max(recorded_bytes, version) AS recorded_bytes,
                 arg_max(status, version) AS status
            FROM usage_record WHERE recorded_at >= $1 AND recorded_at < $2
           GROUP BY msisdn, recorded_at, record_id)
   WHERE NOT list_contains($3, status::BIGINT) GROUP BY agreement_id`;

class TotalRows extends columns('totals', {
  agreementIds: ['agreement_id', 'uuid'],
  totals: ['total', 'text'],
}) {}

/** Codes of rows that are in no total. */
const waitingCodes = Float64Array.from([...recordStatuses.keys()].filter(isWaiting));

/** The rows of a stretch are grouped in memory: so many at once, some 160 bytes each. */
const rowsAStretch = 500_000;

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where a period of a window begins or ends, in any zone: rising, each once. */
const boundariesOf = ({ windows, agreements }: UsageState): number[] => {
  const periods = new Map<number, Set<number>>();
  for (let window = 0; window < windows.count; window++) {
    const zone = agreements.zoneIndex[windows.agreements[window]];
    const known = periods.get(zone);
    if (known) known.add(windows.periods[window]);
    else periods.set(zone, new Set([windows.periods[window]]));
  }
  const found = new Set<number>();
  for (const [zone, ofZone] of periods) {
    const calendar = agreements.calendar(zone);
    for (const period of ofZone) found.add(calendar.startMs(period)).add(calendar.endMs(period));
  }
  return [...found].sort((a, b) => a - b);
};

const rowsIn = async (database: EmbeddedDatabase, { fromMs, toMs }: Stretch): Promise<number> => {
  const [{ rows }] = await database.query(
    'SELECT count(*) AS rows FROM usage_record WHERE recorded_at >= $1 AND recorded_at < $2',
    [fromMs, toMs],
  );
  return Number(rows);
};

/** The stretch in parts of few enough rows each, however unevenly they lie in it. */
async function* cutSmall(database: EmbeddedDatabase, stretch: Stretch): AsyncGenerator<Stretch> {
  const rows = await rowsIn(database, stretch);
  if (rows === 0) return;
  const { fromMs, toMs } = stretch;
  const parts = Math.min(toMs - fromMs, Math.ceil(rows / rowsAStretch));
  if (parts <= 1) return yield stretch;
  const width = Math.ceil((toMs - fromMs) / parts);
  for (let ms = fromMs; ms < toMs; ms += width) {
    yield* cutSmall(database, { fromMs: ms, toMs: Math.min(ms + width, toMs) });
  }
}

/** All rows, in stretches of few enough rows that lie in one period of every zone each. */
async function* stretchesOf(
  database: EmbeddedDatabase,
  state: UsageState,
): AsyncGenerator<Stretch> {
  const [{ least, greatest }] = await database.query(
    'SELECT min(recorded_at) AS least, max(recorded_at) AS greatest FROM usage_record',
  );
  if (least === null) return;
  const fromMs = Number(least);
  const endMs = Number(greatest) + 1;
  const starts = [fromMs, ...boundariesOf(state).filter((ms) => ms > fromMs && ms < endMs)];
  for (const [at, start] of starts.entries()) {
    yield* cutSmall(database, { fromMs: start, toMs: starts[at + 1] ?? endMs });
  }
}

/** Sums of the stored rows by window; those of no window by their name. */
class StoredTotals {
  readonly ofWindow = new Map<number, bigint>();
  readonly ofNone = new Map<string, bigint>();

  constructor(private readonly state: UsageState) {}

  add(agreementId: string, fromMs: number, total: bigint): void {
    const { agreements, windows } = this.state;
    const agreement = agreements.findById(agreementId);
    if (agreement === undefined) return addTo(this.ofNone, agreementId, total);
    const period = agreements.calendar(agreements.zoneIndex[agreement]).periodOf(fromMs);
    const window = windows.find(agreement, period);
    if (window !== undefined) return addTo(this.ofWindow, window, total);
    addTo(this.ofNone, `${agreementId} ${yearOf(period)}-${monthOf(period)}`, total);
  }
}

const addTo = <K>(sums: Map<K, bigint>, key: K, value: bigint): void =>
  void sums.set(key, (sums.get(key) ?? 0n) + value);

const storedTotals = async (
  database: EmbeddedDatabase,
  state: UsageState,
): Promise<StoredTotals> => {
  const totals = new StoredTotals(state);
  for await (const { fromMs, toMs } of stretchesOf(database, state)) {
    const sums = await database.queryColumns(
      totalsBetween,
      [fromMs, toMs, waitingCodes],
      TotalRows.schema,
    );
    const { agreementIds, totals: texts } = new TotalRows(sums);
    texts.forEach((text, row) => totals.add(uuidText(agreementIds, row * 4), fromMs, BigInt(text)));
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
  const { ofWindow, ofNone } = await storedTotals(database, state);
  const { windows, agreements } = state;
  for (let window = 0; window < windows.count; window++) {
    const total = ofWindow.get(window) ?? 0n;
    if (total === BigInt(windows.totals[window])) continue;
    const period = windows.periods[window];
    differs(
      `total of ${agreements.idAt(windows.agreements[window])} ` +
        `${yearOf(period)}-${monthOf(period)}: rows ${total}, log ${windows.totals[window]}`,
    );
  }
  for (const [key, total] of ofNone) {
    if (total !== 0n) differs(`total of ${key}: rows ${total}, the log has no such window`);
  }
  return windows.count;
};
