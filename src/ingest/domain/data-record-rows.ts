import {
  grown,
  hashOfNumber,
  hashOfWords,
  type ColumnBatch,
  type ColumnValues,
} from '../../streaming/index.js';
import { usageRecordTable } from './tables.js';
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
export class DataRecordRows implements ColumnBatch {
  readonly schema = usageRecordTable;
  length = 0;
  msisdns: Float64Array;
  recordedAtMs: Float64Array;
  recordIds: Uint32Array;
  versions: Float64Array;
  agreementIds: Uint32Array;
  recordedBytes: Float64Array;
  statuses: Uint8Array;
  fileIds: Int32Array;
  lineNos: Int32Array;
  /**
   * Billing period (year × 12 + month − 1) of the rows a step made that do not wait; no column of
   * the table, as agreement and time give it, but those who write by period need no look-up.
   */
  periods: Int32Array;
  /** Hash slots to the newest row of a chain, row + 1; 0 is empty. */
  #heads: Int32Array | undefined;
  #next: Int32Array = new Int32Array(0);

  constructor(capacity = 16) {
    const n = Math.max(capacity, 1);
    this.msisdns = new Float64Array(n);
    this.recordedAtMs = new Float64Array(n);
    this.recordIds = new Uint32Array(n * 4);
    this.versions = new Float64Array(n);
    this.agreementIds = new Uint32Array(n * 4);
    this.recordedBytes = new Float64Array(n);
    this.statuses = new Uint8Array(n);
    this.fileIds = new Int32Array(n);
    this.lineNos = new Int32Array(n);
    this.periods = new Int32Array(n);
  }

  /** Rows as they were read; the arrays belong to the rows from here on. */
  static from(batch: ColumnBatch): DataRecordRows {
    const rows = new DataRecordRows(0);
    rows.length = batch.length;
    rows.msisdns = batch.column(0) as Float64Array;
    rows.recordedAtMs = batch.column(1) as Float64Array;
    rows.recordIds = batch.column(2) as Uint32Array;
    rows.versions = batch.column(3) as Float64Array;
    rows.agreementIds = batch.column(4) as Uint32Array;
    rows.recordedBytes = batch.column(5) as Float64Array;
    rows.statuses = batch.column(6) as Uint8Array;
    rows.fileIds = batch.column(7) as Int32Array;
    rows.lineNos = batch.column(8) as Int32Array;
    return rows;
  }

  /**
   * Adds the row of a record as it came. Hot: called for nearly every event, so it writes columns
   * from columns and makes no object.
   */
  pushEvent(events: ReadonlyUsageEvents, at: number, matched: MatchedEvent): void {
    const row = this.length;
    if (row === this.statuses.length) this.#grow(row * 2);
    this.msisdns[row] = events.keys[at];
    this.recordedAtMs[row] = events.timestampsMs[at];
    copyUuid(events.recordIds, at * 4, this.recordIds, row * 4);
    this.versions[row] = events.offsets[at];
    copyUuid(matched.agreementIds, matched.agreementIdAt, this.agreementIds, row * 4);
    this.recordedBytes[row] = events.recordedBytes[at];
    this.statuses[row] = matched.status;
    this.fileIds[row] = events.fileIds[at];
    this.lineNos[row] = events.lineNos[at];
    this.periods[row] = matched.period;
    this.length++;
    if (this.#heads !== undefined) this.#addToIndex(row);
  }

  push(row: DataRecordRow): void {
    const at = this.length;
    if (at === this.statuses.length) this.#grow(Math.max(16, at * 2));
    this.msisdns[at] = row.msisdn;
    this.recordedAtMs[at] = row.recordedAtMs;
    copyUuid(row.recordIds, row.recordIdAt, this.recordIds, at * 4);
    this.versions[at] = row.version;
    copyUuid(row.agreementIds, row.agreementIdAt, this.agreementIds, at * 4);
    this.recordedBytes[at] = row.recordedBytes;
    this.statuses[at] = row.status;
    this.fileIds[at] = row.fileId;
    this.lineNos[at] = row.lineNo;
    this.periods[at] = row.period ?? 0;
    this.length++;
    if (this.#heads !== undefined) this.#addToIndex(at);
  }

  /** Adds a row of others as a table would have it: without its period. */
  pushRow(rows: DataRecordRows, row: number): void {
    this.push({
      ...rows.identity(row),
      version: rows.versions[row],
      agreementIds: rows.agreementIds,
      agreementIdAt: row * 4,
      recordedBytes: rows.recordedBytes[row],
      status: rows.statuses[row],
      fileId: rows.fileIds[row],
      lineNo: rows.lineNos[row],
    });
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

  column(index: number): ColumnValues {
    return [
      this.msisdns,
      this.recordedAtMs,
      this.recordIds,
      this.versions,
      this.agreementIds,
      this.recordedBytes,
      this.statuses,
      this.fileIds,
      this.lineNos,
    ][index];
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
    while (slots < this.statuses.length * 2) slots *= 2;
    this.#heads = new Int32Array(slots);
    this.#next = new Int32Array(this.statuses.length);
    for (let row = 0; row < this.length; row++) this.#addToIndex(row);
    return this.#heads;
  }

  #addToIndex(row: number): void {
    const heads = this.#heads as Int32Array;
    const slot = hashOf(this.identity(row)) & (heads.length - 1);
    this.#next[row] = heads[slot];
    heads[slot] = row + 1;
  }

  #grow(capacity: number): void {
    this.msisdns = grown(this.msisdns, capacity);
    this.recordedAtMs = grown(this.recordedAtMs, capacity);
    this.recordIds = grown(this.recordIds, capacity * 4);
    this.versions = grown(this.versions, capacity);
    this.agreementIds = grown(this.agreementIds, capacity * 4);
    this.recordedBytes = grown(this.recordedBytes, capacity);
    this.statuses = grown(this.statuses, capacity);
    this.fileIds = grown(this.fileIds, capacity);
    this.lineNos = grown(this.lineNos, capacity);
    this.periods = grown(this.periods, capacity);
    this.#heads = undefined;
  }
}

// eslint-disable-next-line @typescript-eslint/max-params -- two places, on the hottest path
const copyUuid = (from: ArrayLike<number>, at: number, to: Uint32Array, toAt: number): void => {
  to[toAt] = from[at];
  to[toAt + 1] = from[at + 1];
  to[toAt + 2] = from[at + 2];
  to[toAt + 3] = from[at + 3];
};
