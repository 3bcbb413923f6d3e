import type { TableSchema } from '../../streaming/index.js';

/**
 * What became of a record, and whether it is provisional: of a line that may have been cut off,
 * so that it gives way when it is read whole. The order is the code kept in the store.
 */
export const recordStatuses = [
  ...(['counted', 'late', 'waiting'] as const),
  ...(['counted-provisional', 'late-provisional', 'waiting-provisional'] as const),
] as const;
export type RecordStatus = (typeof recordStatuses)[number];
/** A status without the word provisional: a column of the book. */
export type RecordOutcome = 'counted' | 'late' | 'waiting';

/** In the order of their codes. */
export const recordOutcomes = [
  'counted',
  'late',
  'waiting',
] as const satisfies readonly RecordOutcome[];

/** The code of an outcome in the store. */
export const statusOf = (outcome: RecordOutcome, isProvisional: boolean): number =>
  recordOutcomes.indexOf(outcome) + (isProvisional ? recordOutcomes.length : 0);

/** The code of a status by its word, as the cluster's tables have it. */
export const statusNamed = (word: unknown): number => recordStatuses.indexOf(word as RecordStatus);

/** What became of a record, by the code of its status. */
export const outcomeOf = (status: number): RecordOutcome =>
  recordOutcomes[status % recordOutcomes.length];

/** True for the codes of records that wait, provisional or not. */
export const isWaiting = (status: number): boolean => outcomeOf(status) === 'waiting';

/** True for the code of a status of a record that gives way when it is read whole. */
export const isProvisional = (status: number): boolean => status >= recordOutcomes.length;

/** Rows of data records; the greatest version of (msisdn, recorded_at, record_id) is in force. */
export const usageRecordTable: TableSchema = {
  name: 'usage_record',
  formerName: 'data_record',
  columns: [
    { name: 'msisdn', kind: 'bigint' },
    { name: 'recorded_at', kind: 'bigint' }, // epoch ms
    { name: 'record_id', kind: 'uuid' },
    { name: 'version', kind: 'bigint' }, // log offset of the event that wrote it
    { name: 'agreement_id', kind: 'uuid' }, // none while waiting
    { name: 'recorded_bytes', kind: 'bigint' },
    { name: 'status', kind: 'tinyint' }, // index in recordStatuses
    { name: 'file_id', kind: 'integer' }, // 0: came without a file
    { name: 'line_no', kind: 'integer' },
  ],
};

/** Changes of a file's book; the sum over all rows of a file is its book. */
export const importFileCountTable: TableSchema = {
  name: 'import_file_count',
  columns: [
    { name: 'file_id', kind: 'integer' },
    { name: 'counted', kind: 'integer' },
    { name: 'late', kind: 'integer' },
    { name: 'waiting', kind: 'integer' },
    { name: 'duplicate', kind: 'integer' },
    { name: 'rejected', kind: 'integer' },
  ],
};

/** Input that was refused, with its text: lines of files, records, agreements, corrections. */
export const deadLetterTable: TableSchema = {
  name: 'dead_letter',
  columns: [
    { name: 'offset', kind: 'bigint' }, // of the refused event; -1: refused before the log
    { name: 'file_id', kind: 'integer' },
    { name: 'line_no', kind: 'integer' },
    { name: 'code', kind: 'text' },
    { name: 'message', kind: 'text' },
    { name: 'raw', kind: 'blob' },
  ],
};

/** Agreements that are accepted, with the offset of their event. */
export const agreementTable: TableSchema = {
  name: 'agreement',
  columns: [
    { name: 'id', kind: 'uuid' },
    { name: 'msisdn', kind: 'bigint' },
    { name: 'signed_at', kind: 'bigint' },
    { name: 'service_start_at', kind: 'bigint' },
    { name: 'billing_period_time_zone', kind: 'text' },
    { name: 'max_bytes_in_billing_period', kind: 'bigint' },
    { name: 'version', kind: 'bigint' },
  ],
};
