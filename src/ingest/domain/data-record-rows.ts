import {
  copyWords,
  grown,
  hashOfNumber,
  hashOfWords,
  type ColumnRows,
} from '../../streaming/index.js';
import { UsageRecordRows } from './tables.js';
import type { ReadonlyUsageEvents } from './usage-events.js';

/** One version of a record's row. The id's words begin at `recordIdAt` of `recordIds`. */
export interface DataRecordRow {
  readonly msisdn: number;
  readonly recordedAtMs: number;
  readonly recordIds: ArrayLike<number>;
  readonly recordIdAt: number;
  readonly version: number;
  readonly agreementIds: Uint32Array;
  readonly agreementIdAt: number;
  readonly recordedBytes: number;
  /** Index in recordStatuses. */
  readonly status: number;
  readonly fileId: number;
  readonly lineNo: number;
  /** As `DataRecordRows.periods` has it; a row that was read has none. */
  readonly period?: number;
}

/**
 * What ingest found for an event: status, agreement id, whose words begin at the index, and the
 * billing period (year × 12 + month − 1).
 */
export interface MatchedEvent {
  status: number;
  agreementIds: Uint32Array;
  agreementIdAt: number;
  period: number;
}

/** What makes two records the same: MSISDN, time and record id, without the agreement. */
export interface Identity {
  readonly msisdn: number;
  readonly recordedAtMs: number;
  readonly recordIds: ArrayLike<number>;
  readonly recordIdAt: number;
}

const hashOf = ({ msisdn, recordedAtMs, recordIds, recordIdAt }: Identity): number =>
  hashOfWords(recordIds, recordIdAt, hashOfNumber(recordedAtMs, hashOfNumber(msisdn)));

/**
 * Rows of table `usage_record` as columns. Rows of one identity are found by an index that is
 * built at the first question and kept up from then on: most batches never ask.
 */
export class DataRecordRows extends UsageRecordRows {
  /**
   * Billing period (year × 12 + month − 1) of the rows a step made that do not wait; no column of
   * the table, as agreement and time give it, but those who write by period need no look-up.
   */
  periods = new Int32Array(this.capacity);
  /** Hash slots to the newest row of a chain, row + 1; 0 is empty. */
  #heads: Int32Array | undefined;
  #next: Int32Array = new Int32Array(0);

  /**
   * Adds the row of a record as it came. Hot: called for nearly every event, so it writes columns
   * from columns and makes no object.
   */
  pushEvent(events: ReadonlyUsageEvents, at: number, matched: MatchedEvent): void {
    const row = this.reserve();
    this.msisdns[row] = events.keys[at];
    this.recordedAtMs[row] = events.timestampsMs[at];
    copyWords(events.recordIds, at * 4, this.recordIds, row * 4);
    this.versions[row] = events.offsets[at];
    copyWords(matched.agreementIds, matched.agreementIdAt, this.agreementIds, row * 4);
    this.recordedBytes[row] = events.recordedBytes[at];
    this.statuses[row] = matched.status;
    this.fileIds[row] = events.fileIds[at];
    this.lineNos[row] = events.lineNos[at];
    this.periods[row] = matched.period;
    this.length++;
    if (this.#heads !== undefined) this.#addToIndex(row);
  }

  push(row: DataRecordRow): void {
    const at = this.reserve();
    this.msisdns[at] = row.msisdn;
    this.recordedAtMs[at] = row.recordedAtMs;
    copyWords(row.recordIds, row.recordIdAt, this.recordIds, at * 4);
    this.versions[at] = row.version;
    copyWords(row.agreementIds, row.agreementIdAt, this.agreementIds, at * 4);
    this.recordedBytes[at] = row.recordedBytes;
    this.statuses[at] = row.status;
    this.fileIds[at] = row.fileId;
    this.lineNos[at] = row.lineNo;
    this.periods[at] = row.period ?? 0;
    this.length++;
    if (this.#heads !== undefined) this.#addToIndex(at);
  }

  override copyRow(others: ColumnRows, row: number): void {
    super.copyRow(others, row);
    if (this.#heads !== undefined) this.#addToIndex(this.length - 1);
  }

  override grow(capacity: number): void {
    super.grow(capacity);
    this.periods = grown(this.periods, capacity);
    this.#heads = undefined;
  }

  /** The identity of a row, as a view. */
  identity(row: number): Identity {
    return {
      msisdn: this.msisdns[row],
      recordedAtMs: this.recordedAtMs[row],
      recordIds: this.recordIds,
      recordIdAt: row * 4,
    };
  }

  /** Rows with this identity, in no order that matters. */
  *of(identity: Identity): Generator<number> {
    const heads = (this.#heads ??= this.#buildIndex());
    let row = heads[hashOf(identity) & (heads.length - 1)] - 1;
    for (; row >= 0; row = this.#next[row] - 1) {
      if (this.#is(row, identity)) yield row;
    }
  }

  #is(row: number, { msisdn, recordedAtMs, recordIds, recordIdAt }: Identity): boolean {
    const at = row * 4;
    return (
      this.msisdns[row] === msisdn &&
      this.recordedAtMs[row] === recordedAtMs &&
      this.recordIds[at] === recordIds[recordIdAt] &&
      this.recordIds[at + 1] === recordIds[recordIdAt + 1] &&
      this.recordIds[at + 2] === recordIds[recordIdAt + 2] &&
      this.recordIds[at + 3] === recordIds[recordIdAt + 3]
    );
  }

  #buildIndex(): Int32Array {
    let slots = 16;
    while (slots < this.capacity * 2) slots *= 2;
    this.#heads = new Int32Array(slots);
    this.#next = new Int32Array(this.capacity);
    for (let row = 0; row < this.length; row++) this.#addToIndex(row);
    return this.#heads;
  }

  #addToIndex(row: number): void {
    const heads = this.#heads as Int32Array;
    const slot = hashOf(this.identity(row)) & (heads.length - 1);
    this.#next[row] = heads[slot];
    heads[slot] = row + 1;
  }
}
