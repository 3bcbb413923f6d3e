import { columns } from '../../streaming/index.js';

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
export class UsageRecordRows extends columns(
  { name: 'usage_record', formerName: 'data_record' },
  {
    msisdns: ['msisdn', 'bigint'],
    recordedAtMs: ['recorded_at', 'bigint'], // epoch ms
    recordIds: ['record_id', 'uuid'],
    versions: ['version', 'bigint'], // log offset of the event that wrote it
    agreementIds: ['agreement_id', 'uuid'], // none while waiting
    recordedBytes: ['recorded_bytes', 'bigint'],
    statuses: ['status', 'tinyint'], // index in recordStatuses
    fileIds: ['file_id', 'integer'], // 0: came without a file
    lineNos: ['line_no', 'integer'],
  },
) {}

/** Changes of a file's book; the sum over all rows of a file is its book. */
export class ImportFileCountRows extends columns('import_file_count', {
  fileIds: ['file_id', 'integer'],
  counted: ['counted', 'integer'],
  late: ['late', 'integer'],
  waiting: ['waiting', 'integer'],
  duplicate: ['duplicate', 'integer'],
  rejected: ['rejected', 'integer'],
}) {}

/** Input that was refused, with its text: lines of files, records, agreements, corrections. */
export class DeadLetterRows extends columns('dead_letter', {
  offsets: ['offset', 'bigint'], // of the refused event; -1: refused before the log
  fileIds: ['file_id', 'integer'],
  lineNos: ['line_no', 'integer'],
  codes: ['code', 'text'],
  messages: ['message', 'text'],
  raws: ['raw', 'blob'],
}) {}

/** Agreements that are accepted, with the offset of their event. */
export class AgreementRows extends columns('agreement', {
  ids: ['id', 'uuid'],
  msisdns: ['msisdn', 'bigint'],
  signedAtMs: ['signed_at', 'bigint'],
  serviceStartAtMs: ['service_start_at', 'bigint'],
  billingPeriodTimeZones: ['billing_period_time_zone', 'text'],
  maxBytesInBillingPeriod: ['max_bytes_in_billing_period', 'bigint'],
  versions: ['version', 'bigint'],
}) {}
