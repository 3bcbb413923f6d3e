import type { UsageRecordRows } from './domain/tables.js';

/** Rows of one MSISDN with startMs <= recordedAt < endMs. */
export interface RecordRange {
  readonly msisdn: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** A place among the rows of one MSISDN, newest first: what comes behind it is wanted. */
export interface RecordPlace {
  readonly recordedAtMs: number;
  /** Four words. */
  readonly recordId: Uint32Array;
  readonly version: number;
}

/** Which page of a range: rows behind a place, or from the newest on. */
export interface PageOf {
  readonly before?: RecordPlace | undefined;
  readonly limit: number;
}

/** Rows of a subscriber, found without reading those of others. */
export interface RecordPages {
  /** False while not all committed rows are in it for sure: the table has to be read then. */
  readonly isUsable: boolean;
  /**
   * All versions in the range, in falling order of time, record id, version; at most `limit`.
   * Throws when a part cannot be read: tell `damaged`, and read the table.
   */
  page(range: RecordRange, page: PageOf): UsageRecordRows;
  damaged(error: unknown): void;
}
