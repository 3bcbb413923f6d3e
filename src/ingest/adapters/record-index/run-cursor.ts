import type { RecordPlace, RecordRange } from '../../record-pages.js';
import { blockRows } from './block-codec.js';
import { UsageRecordRows } from '../../domain/tables.js';
import { compareWithPlace, type FallingRows } from './record-range.js';
import type { RunFile } from './run-file.js';

/** Reads rows of a run backwards from any place; keeps the block it is in. */
export class RunCursor implements FallingRows {
  readonly rows = new UsageRecordRows(blockRows);
  at = -1;
  #block = -1;
  #range: RecordRange = { msisdn: 0, startMs: 0, endMs: 0 };

  constructor(private readonly run: RunFile) {}

  /** Goes to the last row of the range, or the last one before the place. False: there is none. */
  seek(range: RecordRange, before?: RecordPlace): boolean {
    const { leastMs, mostMs } = this.run.trailer;
    if (range.startMs > mostMs || range.endMs <= leastMs) return false;
    this.#range = range;
    if (before === undefined) {
      this.#load(this.run.blockBelow({ msisdn: range.msisdn, recordedAtMs: range.endMs }));
      this.at = this.#lastRow((row) => this.#isBelowEnd(row));
    } else {
      this.#load(this.#blockBefore(before));
      this.at = this.#lastRow((row) => this.#isBefore(row, before));
    }
    return this.#isInRange();
  }

  next(): boolean {
    this.at--;
    return this.#isInRange();
  }

  /** Many rows may have one time: then the blocks with it are searched by their first rows. */
  #blockBefore(place: RecordPlace): number {
    const { msisdn } = this.#range;
    let low = this.run.blockBelow({ msisdn, recordedAtMs: place.recordedAtMs });
    let high = this.run.blockBelow({ msisdn, recordedAtMs: place.recordedAtMs + 1 }) + 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      this.#load(middle);
      if (this.#isBefore(0, place)) low = middle;
      else high = middle;
    }
    return low;
  }

  #isBelowEnd(row: number): boolean {
    const { msisdn, endMs } = this.#range;
    const is = this.rows.msisdns[row];
    return is < msisdn || (is === msisdn && this.rows.recordedAtMs[row] < endMs);
  }

  #isBefore(row: number, place: RecordPlace): boolean {
    const { msisdn } = this.#range;
    const is = this.rows.msisdns[row];
    if (is !== msisdn) return is < msisdn;
    return compareWithPlace({ rows: this.rows, at: row }, place) < 0;
  }

  /** The last row of the block for which it holds; it holds for those before, too. */
  #lastRow(holds: (row: number) => boolean): number {
    let low = -1;
    let high = this.rows.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (holds(middle)) low = middle;
      else high = middle;
    }
    return low;
  }

  #isInRange(): boolean {
    if (this.at < 0) {
      if (this.#block === 0) return false;
      this.#load(this.#block - 1);
      this.at = this.rows.length - 1;
    }
    const { msisdn, startMs } = this.#range;
    return this.rows.msisdns[this.at] === msisdn && this.rows.recordedAtMs[this.at] >= startMs;
  }

  #load(block: number): void {
    if (block === this.#block) return;
    this.#block = -1;
    this.run.readBlock(block, this.rows);
    this.#block = block;
  }
}
