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

/** Where a version stands in the order of counting: versions of one event by time, then by id. */
export type CountingPlace = Pick<RecordVersion, 'version' | 'recordedAtMs' | 'recordId'>;

/** A version with what the period's total was when it had been applied. */
export interface LedgerEntry extends RecordVersion {
  readonly runningTotalBytes: number;
}

/** A record that is in force, with the versions it had before, oldest first. */
export interface ExplainedRecord extends LedgerEntry {
  readonly earlierVersions: readonly LedgerEntry[];
}

/** A page of a period's ledger, and what holds for the whole period. */
export interface LedgerPage {
  /** In the order in which what is in force was counted. */
  readonly records: readonly ExplainedRecord[];
  /** Behind which place the next page begins; undefined on the last one. */
  readonly next: CountingPlace | undefined;
  readonly totalBytes: number;
  readonly countedBytes: number;
  readonly lateBytes: number;
  /** The greatest version in force; undefined when there is none. */
  readonly lastVersion: number | undefined;
  /** The version that took the total to the allowance the last time; undefined while below. */
  readonly crossing: LedgerEntry | undefined;
}

export interface LedgerOptions {
  readonly agreementId: string;
  readonly allowanceBytes: number;
  readonly after?: CountingPlace | undefined;
  /** Records of a page. */
  readonly limit: number;
}

/** All versions of the period page by page, those of a record together, newest first; again. */
export type Versions = () => AsyncIterable<readonly RecordVersion[]>;

/** Negative when a was counted before b. */
export const comparePlaces = (a: CountingPlace, b: CountingPlace): number =>
  a.version - b.version || a.recordedAtMs - b.recordedAtMs || compareTexts(a.recordId, b.recordId);

const compareTexts = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

const isSameRecord = (a: RecordVersion, b: RecordVersion): boolean =>
  a.recordedAtMs === b.recordedAtMs && a.recordId === b.recordId;

type History = readonly RecordVersion[];

/** The histories of the records in force, newest version first; in pieces of a page. */
async function* historiesOf(
  versions: Versions,
  agreementId: string,
): AsyncGenerator<readonly History[]> {
  let open: RecordVersion[] = [];
  for await (const page of versions()) {
    const done: History[] = [];
    for (const row of page) {
      if (open.length > 0 && isSameRecord(open[0], row)) {
        open.push(row);
        continue;
      }
      if (open.length > 0 && open[0].agreementId === agreementId) done.push(open);
      open = [row];
    }
    yield done;
  }
  if (open.length > 0 && open[0].agreementId === agreementId) yield [open];
}

/** Calls with each version that counts, and what it adds to the total. */
const eachDelta = (
  history: History,
  agreementId: string,
  use: (row: RecordVersion, deltaBytes: number) => void,
): void => {
  const bytesOf = (row: RecordVersion | undefined): number =>
    row?.agreementId === agreementId ? row.recordedBytes : 0;
  history.forEach((row, at) => {
    const deltaBytes = bytesOf(row) - bytesOf(history[at + 1]);
    // one that waits crosses nothing, not even an allowance of 0
    if (row.agreementId === agreementId || deltaBytes !== 0) use(row, deltaBytes);
  });
};

/** What one reading of the period tells: the sums, and the records of the page. */
class Overview {
  totalBytes = 0;
  countedBytes = 0;
  lateBytes = 0;
  leastVersion = Infinity;
  lastVersion: number | undefined;
  #first: History[] = [];

  constructor(private readonly options: LedgerOptions) {}

  add(history: History): void {
    const { after, limit } = this.options;
    const [inForce] = history;
    this.totalBytes += inForce.recordedBytes;
    if (inForce.status === 'counted') this.countedBytes += inForce.recordedBytes;
    if (inForce.status === 'late') this.lateBytes += inForce.recordedBytes;
    this.lastVersion = Math.max(this.lastVersion ?? 0, inForce.version);
    this.leastVersion = Math.min(this.leastVersion, history[history.length - 1].version);
    if (after !== undefined && comparePlaces(inForce, after) <= 0) return;
    this.#first.push(history);
    if (this.#first.length > 4 * limit + 64) this.#first = this.page(limit + 1);
  }

  /** The first records behind the place that was asked for. */
  page(count: number): History[] {
    return this.#first.sort(([a], [b]) => comparePlaces(a, b)).slice(0, count);
  }
}

/** Sums of what was added between places that are in order. */
class RunningTotals {
  readonly #places: readonly CountingPlace[];
  readonly #sums: Float64Array;

  constructor(places: CountingPlace[]) {
    this.#places = places.sort(comparePlaces);
    this.#sums = new Float64Array(places.length + 1);
  }

  add(row: RecordVersion, deltaBytes: number): void {
    this.#sums[this.#indexOf(row)] += deltaBytes;
  }

  /** To be called once all is added. */
  finish(): void {
    for (let at = 1; at < this.#sums.length; at++) this.#sums[at] += this.#sums[at - 1];
  }

  /** The total behind one of the places. */
  at(place: CountingPlace): number {
    return this.#sums[this.#indexOf(place)];
  }

  /** Of the first place at or behind this one. */
  #indexOf(place: CountingPlace): number {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (comparePlaces(this.#places[middle], place) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const spans = 1024;

/** Versions cut into spans, of each what it adds and what it takes away. */
class Spans {
  readonly #added = new Float64Array(spans);
  readonly #taken = new Float64Array(spans);
  readonly #rows = new Uint32Array(spans);

  constructor(private readonly versions: { readonly least: number; readonly last: number }) {}

  of(version: number): number {
    const { least, last } = this.versions;
    return Math.min(spans - 1, Math.floor(((version - least) / (last - least + 1)) * spans));
  }

  add(row: RecordVersion, deltaBytes: number): void {
    const span = this.of(row.version);
    this.#rows[span]++;
    if (deltaBytes < 0) this.#taken[span] -= deltaBytes;
    else this.#added[span] += deltaBytes;
  }

  /** Spans in which the total may have been below the allowance, the last one first. */
  *below(
    allowanceBytes: number,
  ): Generator<{ span: number; startBytes: number; isFirst: boolean }> {
    const starts = new Float64Array(spans);
    for (let at = 1; at < spans; at++) {
      starts[at] = starts[at - 1] + this.#added[at - 1] - this.#taken[at - 1];
    }
    const first = this.#rows.findIndex((rows) => rows > 0);
    for (let span = spans - 1; span >= first; span--) {
      const isFirst = span === first;
      const leastBytes = starts[span] - this.#taken[span];
      if (this.#rows[span] === 0 || (leastBytes >= allowanceBytes && !isFirst)) continue;
      yield { span, startBytes: starts[span], isFirst };
    }
  }
}

interface Delta {
  readonly row: RecordVersion;
  readonly deltaBytes: number;
}

/** The last entry that took the total from below to the allowance, within one span. */
const crossingIn = (
  deltas: Delta[],
  start: { readonly totalBytes: number; readonly isBelow: boolean },
  allowanceBytes: number,
): LedgerEntry | undefined => {
  let { totalBytes, isBelow } = start;
  let crossing: LedgerEntry | undefined;
  for (const { row, deltaBytes } of deltas.sort((a, b) => comparePlaces(a.row, b.row))) {
    totalBytes += deltaBytes;
    const isReached = totalBytes >= allowanceBytes;
    if (isReached && isBelow) crossing = { ...row, runningTotalBytes: totalBytes };
    isBelow = !isReached;
  }
  return crossing;
};

/**
 * A page of the records of a period in the order in which they were counted, each with the total
 * there was behind it. The versions are read three times or little more, and what is kept does not
 * grow with them: the page, and of 1,024 spans of versions the sums. Versions of one record come
 * together, newest first; records in any order.
 */
export const readLedger = async (
  versions: Versions,
  options: LedgerOptions,
): Promise<LedgerPage> => {
  const { agreementId, allowanceBytes, limit } = options;
  const each = async (use: (history: History) => void): Promise<void> => {
    for await (const some of historiesOf(versions, agreementId)) some.forEach(use);
  };
  const overview = new Overview(options);
  await each((history) => overview.add(history));
  const page = overview.page(limit + 1);
  const shown = page.slice(0, limit);
  const totals = new RunningTotals(shown.flat());
  const { leastVersion: least, lastVersion: last } = overview;
  const inSpans = last === undefined ? undefined : new Spans({ least, last });
  await each((history) =>
    eachDelta(history, agreementId, (row, deltaBytes) => {
      totals.add(row, deltaBytes);
      inSpans?.add(row, deltaBytes);
    }),
  );
  totals.finish();
  const entryOf = (row: RecordVersion): LedgerEntry => ({
    ...row,
    runningTotalBytes: totals.at(row),
  });
  const { totalBytes, countedBytes, lateBytes, lastVersion } = overview;
  const isBelow = totalBytes < allowanceBytes || inSpans === undefined;
  return {
    records: shown.map(([inForce, ...earlier]) => ({
      ...entryOf(inForce),
      earlierVersions: earlier.reverse().map(entryOf),
    })),
    next: page.length > limit ? shown[shown.length - 1][0] : undefined,
    ...{ totalBytes, countedBytes, lateBytes, lastVersion },
    crossing: isBelow
      ? undefined
      : await crossingOf(inSpans, { each, agreementId, allowanceBytes }),
  };
};

const crossingOf = async (
  inSpans: Spans,
  parts: {
    readonly each: (use: (history: History) => void) => Promise<void>;
    readonly agreementId: string;
    readonly allowanceBytes: number;
  },
): Promise<LedgerEntry | undefined> => {
  const { each, agreementId, allowanceBytes } = parts;
  for (const { span, startBytes, isFirst } of inSpans.below(allowanceBytes)) {
    const deltas: Delta[] = [];
    await each((history) =>
      eachDelta(history, agreementId, (row, deltaBytes) => {
        if (inSpans.of(row.version) === span) deltas.push({ row, deltaBytes });
      }),
    );
    // before its first record a period is below any allowance, also one of 0
    const start = { totalBytes: startBytes, isBelow: isFirst || startBytes < allowanceBytes };
    const crossing = crossingIn(deltas, start, allowanceBytes);
    if (crossing !== undefined) return crossing;
  }
  return undefined;
};
