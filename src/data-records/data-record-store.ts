import type { RecordOutcome } from '../ingest/index.js';
import type { RowPlace } from './domain/period-pages.js';

/** The rows one agreement may have in one billing period, half-open in time (epoch ms). */
export interface PeriodRows {
  readonly agreementId: string;
  readonly msisdn: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** Rows of one MSISDN with startMs <= recordedAt < endMs (epoch ms). */
export type TimeRange = Omit<PeriodRows, 'agreementId'>;

/** What names a record, whatever its agreement (docs/RULES.md, identity). */
export interface RecordIdentity {
  readonly msisdn: number;
  readonly recordedAtMs: number;
  readonly recordId: string;
}

/** One row of one record as it is stored; the greatest version of a record is in force. */
export interface DataRecordRow extends RecordIdentity {
  readonly version: number;
  readonly agreementId: string | undefined;
  readonly recordedBytes: number;
  readonly status: RecordOutcome;
  /** Of a line that may have been cut off: it gives way when it is read whole. */
  readonly isProvisional: boolean;
  readonly fileId: number;
  readonly lineNo: number;
}

/** Which page of a range: rows behind a place, or from the newest on. */
export interface RowPage {
  readonly before: RowPlace | undefined;
  readonly limit: number;
}

/** Where a row came from. */
export interface SourceFile {
  readonly id: number;
  readonly name: string;
  readonly feed: string;
}

/** Reads the rows of data records; writing them is the task's alone. */
export interface DataRecordStore {
  /**
   * All versions of all records in the range, in falling order of time, record id, version: those
   * behind the place, at most `limit`. Fewer than `limit` means that there are no more.
   */
  page(range: TimeRange, page: RowPage): Promise<readonly DataRecordRow[]>;
  /** The row of a record that is in force, or undefined. */
  find(identity: RecordIdentity): Promise<DataRecordRow | undefined>;
  files(ids: readonly number[]): Promise<SourceFile[]>;
}

export const DATA_RECORD_STORE = Symbol('DataRecordStore');
