import type { RecordStatus } from '../ingest/index.js';

/** The rows one agreement may have in one billing period, half-open in time (epoch ms). */
export interface PeriodRows {
  readonly agreementId: string;
  readonly msisdn: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** What names a record, whatever its agreement (DESIGN.md §4, identity of a record). */
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
  readonly status: RecordStatus;
  readonly fileId: number;
  readonly lineNo: number;
}

/** Where a row came from. */
export interface SourceFile {
  readonly id: number;
  readonly name: string;
  readonly feed: string;
}

/** Reads the rows of data records; writing them is the task's alone. */
export interface DataRecordStore {
  /** The rows in force that the agreement has in the period, newest recordedAt first. */
  inForce(period: PeriodRows): Promise<DataRecordRow[]>;
  /** Sum of recordedBytes of those rows; a bigint beyond 2^53 − 1. */
  totalBytes(period: PeriodRows): Promise<number | bigint>;
  /** Every version of every record of the msisdn in the period's time, oldest version first. */
  versions(period: PeriodRows): Promise<DataRecordRow[]>;
  /** The row of a record that is in force, or undefined. */
  find(identity: RecordIdentity): Promise<DataRecordRow | undefined>;
  files(ids: readonly number[]): Promise<SourceFile[]>;
}

export const DATA_RECORD_STORE = Symbol('DataRecordStore');
