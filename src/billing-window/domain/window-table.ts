import { grown, hashOfPair, HashSlots } from '../../streaming/index.js';

export const windowFlags = { exceeded: 1, closed: 2 } as const;

/** Windows of one zone and period, in the order of their first record. */
export interface Bucket {
  readonly zoneIndex: number;
  readonly period: number;
  readonly endMs: number;
  head: number;
  tail: number;
}

const minCapacity = 16;
const none = -1;

/** Columns that are saved and loaded as they are; the hash is built again. */
type Column = Float64Array | Int32Array | Uint32Array | Uint8Array;

/**
 * One window per agreement and billing period, as columns: about 49 bytes a window and 6 to 12 of
 * hash. Windows have dense indexes and stay, so that late records and corrections find them.
 */
export class WindowTable {
  count = 0;
  agreements = new Int32Array(minCapacity);
  periods = new Int32Array(minCapacity);
  /** Bytes of all counted and late records, corrections included. */
  totals = new Float64Array(minCapacity);
  latestRecordedAtMs = new Float64Array(minCapacity);
  latestRecordIds = new Uint32Array(minCapacity * 4);
  flags = new Uint8Array(minCapacity);
  /** Messages sent about the window so far. */
  revisions = new Int32Array(minCapacity);
  /** The window behind this one in its bucket, or -1. */
  next = new Int32Array(minCapacity);
  /** Buckets with open windows, in the order they came. */
  buckets: Bucket[] = [];
  /** The least end of an open bucket. */
  nextEndMs = Infinity;
  readonly #slots = new HashSlots((index) =>
    hashOfPair(this.agreements[index], this.periods[index]),
  );

  get byteSize(): number {
    return (
      this.#columns().reduce((sum, { values }) => sum + values.byteLength, 0) + this.#slots.byteSize
    );
  }

  find(agreement: number, period: number): number | undefined {
    const hash = hashOfPair(agreement, period);
    let slots: Int32Array | undefined = this.#slots.newest;
    for (; slots !== undefined; slots = this.#slots.olderThan(slots)) {
      const mask = slots.length - 1;
      let slot = hash & mask;
      for (let entry = slots[slot]; entry !== 0; entry = slots[slot]) {
        const index = entry - 1;
        if (this.agreements[index] === agreement && this.periods[index] === period) return index;
        slot = (slot + 1) & mask;
      }
    }
    return undefined;
  }

  /** A new window without records; a bucket makes it an open one. */
  add(agreement: number, period: number): number {
    const index = this.count;
    if (index === this.flags.length) this.#grow(Math.ceil(index * 1.5));
    this.agreements[index] = agreement;
    this.periods[index] = period;
    this.latestRecordedAtMs[index] = -Infinity;
    this.next[index] = none;
    this.count++;
    this.#slots.add(hashOfPair(agreement, period), index);
    return index;
  }

  /** Puts a window at the end of the bucket of its zone and period, making the bucket if new. */
  open(window: number, bucket: Pick<Bucket, 'zoneIndex' | 'period' | 'endMs'>): void {
    const { zoneIndex, period, endMs } = bucket;
    const known = this.buckets.find((b) => b.zoneIndex === zoneIndex && b.period === period);
    if (known) {
      this.next[known.tail] = window;
      known.tail = window;
      return;
    }
    this.buckets.push({ zoneIndex, period, endMs, head: window, tail: window });
    if (endMs < this.nextEndMs) this.nextEndMs = endMs;
  }

  /** Takes the next window that is due at the watermark: least end, then order of first record. */
  takeDue(watermarkMs: number): number | undefined {
    if (this.nextEndMs > watermarkMs) return undefined;
    const bucket = this.buckets.find((b) => b.endMs === this.nextEndMs) as Bucket;
    const window = bucket.head;
    bucket.head = this.next[window];
    if (bucket.head === none) {
      this.buckets.splice(this.buckets.indexOf(bucket), 1);
      this.nextEndMs = this.buckets.reduce((least, b) => Math.min(least, b.endMs), Infinity);
    }
    this.next[window] = none;
    return window;
  }

  /** Count, buckets and the lengths of the columns: what a restore needs first. */
  header(): { count: number; buckets: Bucket[] } {
    return { count: this.count, buckets: this.buckets };
  }

  /** Views of the used part of every column, in saving order. */
  parts(): Uint8Array[] {
    return this.#columns().map(
      ({ values, width }) =>
        new Uint8Array(values.buffer, 0, this.count * width * values.BYTES_PER_ELEMENT),
    );
  }

  /** An empty table with room for the columns of a saved one; `finish` once they are filled. */
  static withHeader(header: { count: number; buckets: Bucket[] }): WindowTable {
    const table = new WindowTable();
    table.#grow(Math.max(header.count, minCapacity));
    table.count = header.count;
    table.buckets = header.buckets;
    table.nextEndMs = header.buckets.reduce((least, b) => Math.min(least, b.endMs), Infinity);
    return table;
  }

  finish(): void {
    this.#slots.rebuild(this.count);
  }

  #columns(): { values: Column; width: number }[] {
    return [
      { values: this.agreements, width: 1 },
      { values: this.periods, width: 1 },
      { values: this.totals, width: 1 },
      { values: this.latestRecordedAtMs, width: 1 },
      { values: this.latestRecordIds, width: 4 },
      { values: this.flags, width: 1 },
      { values: this.revisions, width: 1 },
      { values: this.next, width: 1 },
    ];
  }

  #grow(capacity: number): void {
    this.agreements = grown(this.agreements, capacity);
    this.periods = grown(this.periods, capacity);
    this.totals = grown(this.totals, capacity);
    this.latestRecordedAtMs = grown(this.latestRecordedAtMs, capacity);
    this.latestRecordIds = grown(this.latestRecordIds, capacity * 4);
    this.flags = grown(this.flags, capacity);
    this.revisions = grown(this.revisions, capacity);
    this.next = grown(this.next, capacity);
  }
}
