import { hashOfNumber } from '../../../streaming/index.js';
import type { RecordPlace, RecordRange } from '../../record-pages.js';
import type { UsageRecordRows } from '../../domain/tables.js';
import { compareRows, rowsBytes, rowsInBuffer } from './record-columns.js';
import { compareWithPlace, type FallingRows } from './record-range.js';

const hashOf = (a: number, b: number): number => hashOfNumber(b, hashOfNumber(a)) >>> 0;

/** Chaining a row costs about what looking at so many does: they may lie anywhere in memory. */
const rowsPerChained = 16;

/** Chains of rows with one hash, for those who ask often: most chunks are hardly asked. */
class Chains {
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  #length = 0;
  /** Rows behind the chains that were looked at since the last one was chained. */
  #lookedAt = 0;

  constructor(
    private readonly columns: UsageRecordRows,
    private readonly hashOfRow: (row: number) => number,
  ) {
    const { length: capacity } = columns.msisdns;
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(capacity * 2)));
    this.#next = new Int32Array(capacity);
  }

  clear(): void {
    this.#heads.fill(0);
    this.#length = 0;
    this.#lookedAt = 0;
  }

  /** Rows that may be of the MSISDN with this hash, the one that came last first. */
  *of(msisdn: number, hash: number): Generator<number> {
    const { length, msisdns } = this.columns;
    if (this.#lookedAt >= (length - this.#length) * rowsPerChained) this.#chainAll();
    const chained = this.#length;
    this.#lookedAt += length - chained;
    for (let row = length - 1; row >= chained; row--) if (msisdns[row] === msisdn) yield row;
    let row = this.#heads[hash & (this.#heads.length - 1)] - 1;
    for (; row >= 0; row = this.#next[row] - 1) yield row;
  }

  #chainAll(): void {
    const mask = this.#heads.length - 1;
    for (; this.#length < this.columns.length; this.#length++) {
      const slot = this.hashOfRow(this.#length) & mask;
      this.#next[this.#length] = this.#heads[slot];
      this.#heads[slot] = this.#length + 1;
    }
    this.#lookedAt = 0;
  }
}

/** Rows that are in no run yet, as they were committed. */
export class RecordChunk {
  readonly buffer: SharedArrayBuffer;
  readonly columns: UsageRecordRows;
  #byTime: Chains | undefined;
  #bySubscriber: Chains | undefined;
  #sorted: { range: RecordRange; length: number; order: Uint32Array } | undefined;

  constructor(readonly capacity: number) {
    this.buffer = new SharedArrayBuffer(rowsBytes(capacity));
    this.columns = rowsInBuffer(this.buffer, capacity);
  }

  get room(): number {
    return this.capacity - this.columns.length;
  }

  /** Empty again, to be filled anew. */
  clear(): void {
    this.columns.length = 0;
    this.#byTime?.clear();
    this.#bySubscriber?.clear();
    this.#sorted = undefined;
  }

  /** Places of the rows with this MSISDN and time. */
  *at(msisdn: number, recordedAtMs: number): Generator<number> {
    const { msisdns, recordedAtMs: times } = this.columns;
    this.#byTime ??= new Chains(this.columns, (row) => hashOf(msisdns[row], times[row]));
    for (const row of this.#byTime.of(msisdn, hashOf(msisdn, recordedAtMs))) {
      if (msisdns[row] === msisdn && times[row] === recordedAtMs) yield row;
    }
  }

  /** The rows of the range in falling order; undefined when there is none. */
  falling(range: RecordRange, before?: RecordPlace): FallingRows | undefined {
    const rows = this.columns;
    const order = this.#inOrder(range);
    let index = order.length - 1;
    while (
      before !== undefined &&
      index >= 0 &&
      compareWithPlace({ rows, at: order[index] }, before) >= 0
    ) {
      index--;
    }
    if (index < 0) return undefined;
    return {
      rows,
      get at() {
        return order[index];
      },
      next: () => --index >= 0,
    };
  }

  /** Rows of the range, lowest first; asked page by page, so the last answer is kept. */
  #inOrder(range: RecordRange): Uint32Array {
    const { length } = this.columns;
    const known = this.#sorted;
    if (known?.length === length && isSameRange(known.range, range)) return known.order;
    const order = this.#placesIn(range);
    const a = { rows: this.columns, at: 0 };
    const b = { rows: this.columns, at: 0 };
    const compare = (left: number, right: number): number => {
      a.at = left;
      b.at = right;
      return compareRows(a, b);
    };
    if (order.some((row, at) => at > 0 && compare(order[at - 1], row) > 0)) order.sort(compare);
    this.#sorted = { range, length, order };
    return order;
  }

  #placesIn({ msisdn, startMs, endMs }: RecordRange): Uint32Array {
    const { msisdns, recordedAtMs } = this.columns;
    this.#bySubscriber ??= new Chains(this.columns, (row) => hashOf(msisdns[row], 0));
    const places: number[] = [];
    for (const row of this.#bySubscriber.of(msisdn, hashOf(msisdn, 0))) {
      if (msisdns[row] !== msisdn) continue;
      if (recordedAtMs[row] >= startMs && recordedAtMs[row] < endMs) places.push(row);
    }
    return Uint32Array.from(places.reverse());
  }
}

const isSameRange = (a: RecordRange, b: RecordRange): boolean =>
  a.msisdn === b.msisdn && a.startMs === b.startMs && a.endMs === b.endMs;
