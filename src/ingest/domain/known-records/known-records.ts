import { type ChunkReader, chunksOf } from '../../../streaming/index.js';
import type { DataRecordRows } from '../data-record-rows.js';
import { DayRecords, type DayShape } from './day-records.js';
import type { HashSegment } from './hash-segment.js';
import { RecordHash } from './record-hash.js';

const dayMs = 86_400_000;
/** Today, and 62 days back: two billing periods. */
const mostDays = 63;

/** Memory it may take unless it is told: 67 million records. */
export const defaultKnownRecordsBytes = 128 * 1024 * 1024;

/** What of the state is not in the arrays of its segments. */
export interface KnownRecordsShape {
  /** Days before this one are not remembered; null when all are. */
  readonly since: number | null;
  readonly forgotten: number;
  readonly days: readonly DayShape[];
}

/**
 * Remembers which records are stored, by hash and UTC day, so that nearly every record that cannot
 * be a duplicate is known as new without a look-up: at most 2 bytes a record. It may take a new
 * one for a known one (one to three in a thousand), never the other way round; of days it has
 * forgotten it takes all for known. What it answers never changes a result, only whether the store
 * is asked.
 */
export class KnownRecords {
  /** Days that were dropped for want of memory. */
  forgotten = 0;
  #since: number | undefined;
  #days: DayRecords[] = [];
  #last: DayRecords | undefined;
  readonly #hash = new RecordHash();

  constructor(private readonly limitBytes = defaultKnownRecordsBytes) {}

  get byteSize(): number {
    return this.#days.reduce((sum, { byteSize }) => sum + byteSize, 0);
  }

  get count(): number {
    return this.#days.reduce((sum, { count }) => sum + count, 0);
  }

  /** Records before this instant (epoch ms) always cost a look-up; undefined when none does. */
  get sinceMs(): number | undefined {
    return this.#since === undefined ? undefined : this.#since * dayMs;
  }

  /** Adds the records of all rows; hot: called for every record that is stored. */
  addAll(rows: DataRecordRows, from = 0): void {
    const { msisdns, recordedAtMs, recordIds } = rows;
    for (let row = from; row < rows.length; row++) {
      const day = this.#dayOf(recordedAtMs[row]);
      if (day === undefined) continue;
      const hash = this.#hash.ofRecord(msisdns[row], recordedAtMs[row], recordIds, row * 4);
      if (day.add(hash)) this.#keepWithin();
    }
  }

  /** False only when no row of the identity was added; the words of its id begin at `at`. */
  // eslint-disable-next-line @typescript-eslint/max-params -- no object on the hottest path
  mayHaveRecord(msisdn: number, recordedAtMs: number, ids: ArrayLike<number>, at: number): boolean {
    const day = Math.floor(recordedAtMs / dayMs);
    if (this.#since !== undefined && day < this.#since) return true;
    const records = this.#find(day);
    return records?.has(this.#hash.ofRecord(msisdn, recordedAtMs, ids, at)) ?? false;
  }

  shape(): KnownRecordsShape {
    const days = this.#days.map(({ shape }) => shape);
    return { since: this.#since ?? null, forgotten: this.forgotten, days };
  }

  /** The arrays of all segments, as chunks of at most 4 MiB. */
  chunks(): Generator<Uint8Array> {
    return chunksOf(this.#segments().flatMap((segment) => segment.parts()));
  }

  static async load(
    { since, forgotten, days }: KnownRecordsShape,
    chunks: ChunkReader,
    limitBytes?: number,
  ): Promise<KnownRecords> {
    const known = new KnownRecords(limitBytes);
    known.#since = since ?? undefined;
    known.forgotten = forgotten;
    known.#days = days.map(DayRecords.ofShape);
    for (const segment of known.#segments()) {
      for (const part of segment.parts()) await chunks.fill(part);
    }
    known.#keepWithin();
    return known;
  }

  #segments(): HashSegment[] {
    return this.#days.flatMap(({ parts }) => parts.flatMap(({ segments }) => segments));
  }

  /** The day of an instant, made when new; undefined when it is too old to be remembered. */
  #dayOf(recordedAtMs: number): DayRecords | undefined {
    const day = Math.floor(recordedAtMs / dayMs);
    if (this.#last?.day === day) return this.#last;
    if (this.#since !== undefined && day < this.#since) return undefined;
    const found = this.#find(day) ?? this.#begin(day);
    this.#last = found;
    return found;
  }

  #find(day: number): DayRecords | undefined {
    if (this.#last?.day === day) return this.#last;
    return this.#days.find((each) => each.day === day);
  }

  /** As large as the largest of the week before it, so that it is one part in the end. */
  #begin(day: number): DayRecords | undefined {
    const before = this.#days.filter((each) => each.day < day && each.day >= day - 7);
    const begun = DayRecords.expecting(day, Math.max(0, ...before.map(({ count }) => count)));
    this.#days.push(begun);
    this.#days.sort((a, b) => a.day - b.day);
    if (this.#days.length > mostDays) this.#dropOldest();
    this.#keepWithin();
    return this.#find(day);
  }

  #keepWithin(): void {
    while (this.byteSize > this.limitBytes) {
      this.#dropOldest();
      this.forgotten++;
    }
  }

  #dropOldest(): void {
    const [oldest] = this.#days.splice(0, 1);
    this.#since = oldest.day + 1;
    if (this.#last === oldest) this.#last = undefined;
  }
}
