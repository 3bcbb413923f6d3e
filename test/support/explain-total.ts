/*
 * The explanation of a total by the plain way, all rows at once: the paged one is held against it.
 */

/** One version of a record of the period, as the store has it. */
export interface RecordVersion {
  readonly recordId: string;
  readonly recordedAtMs: number;
  readonly version: number;
  readonly agreementId: string | undefined;
  readonly recordedBytes: number;
  readonly status: string;
  readonly isProvisional: boolean;
  readonly fileId: number;
  readonly lineNo: number;
}

/** A version with what the period's total was when it had been applied. */
export interface LedgerEntry extends RecordVersion {
  readonly runningTotalBytes: number;
}

/** A record that is in force, with the versions it had before, oldest first. */
export interface ExplainedRecord extends LedgerEntry {
  readonly earlierVersions: readonly LedgerEntry[];
}

export interface Explanation {
  /** In the order in which what is in force was counted; the last total is the period's. */
  readonly records: readonly ExplainedRecord[];
  readonly totalBytes: number;
  readonly countedBytes: number;
  readonly lateBytes: number;
  /** The version that took the total to the allowance the last time; undefined while below. */
  readonly crossing: LedgerEntry | undefined;
}

const identityOf = (row: RecordVersion): string => `${row.recordedAtMs}/${row.recordId}`;

/** What a version adds to the total: its bytes once it is counted or late, nothing before. */
const bytesFor = (row: RecordVersion | undefined, agreementId: string): number =>
  row?.agreementId === agreementId ? row.recordedBytes : 0;

const historiesOf = (versions: readonly RecordVersion[]): Map<string, RecordVersion[]> => {
  const histories = new Map<string, RecordVersion[]>();
  for (const row of versions) {
    const history = histories.get(identityOf(row));
    if (history === undefined) histories.set(identityOf(row), [row]);
    else history.push(row);
  }
  return histories;
};

const sumOf = (rows: readonly RecordVersion[], status: string): number =>
  rows.reduce((sum, row) => (row.status === status ? sum + row.recordedBytes : sum), 0);

/**
 * Replays the versions of a period in the order they were written and says what the total was
 * after each. `versions` are all rows of the msisdn in the period's time, oldest first, rows of
 * one version in the order they were released (recordedAt).
 */
export const explainTotal = (
  versions: readonly RecordVersion[],
  options: { readonly agreementId: string; readonly allowanceBytes: number },
): Explanation => {
  const { agreementId, allowanceBytes } = options;
  const mine = [...historiesOf(versions).values()].filter(
    (history) => history.at(-1)?.agreementId === agreementId,
  );
  const before = new Map<RecordVersion, RecordVersion | undefined>();
  for (const history of mine) history.forEach((row, at) => before.set(row, history[at - 1]));

  const entries = new Map<RecordVersion, LedgerEntry>();
  let total = 0;
  let crossing: LedgerEntry | undefined;
  for (const row of versions) {
    if (!before.has(row)) continue;
    const wasBelow = total < allowanceBytes;
    total += bytesFor(row, agreementId) - bytesFor(before.get(row), agreementId);
    const entry = { ...row, runningTotalBytes: total };
    entries.set(row, entry);
    if (total < allowanceBytes) crossing = undefined;
    else if (wasBelow) crossing = entry;
  }

  const inForce = mine.map((history) => ({
    ...(entries.get(history.at(-1) as RecordVersion) as LedgerEntry),
    earlierVersions: history.slice(0, -1).map((row) => entries.get(row) as LedgerEntry),
  }));
  return {
    records: inOrderOfCounting(inForce, entries),
    totalBytes: total,
    countedBytes: sumOf(inForce, 'counted'),
    lateBytes: sumOf(inForce, 'late'),
    crossing,
  };
};

const inOrderOfCounting = (
  records: readonly ExplainedRecord[],
  entries: ReadonlyMap<RecordVersion, LedgerEntry>,
): ExplainedRecord[] => {
  const place = new Map(
    [...entries.keys()].map((row, at) => [`${identityOf(row)}/${row.version}`, at]),
  );
  const placeOf = (row: RecordVersion): number =>
    place.get(`${identityOf(row)}/${row.version}`) ?? 0;
  return [...records].sort((a, b) => placeOf(a) - placeOf(b));
};
