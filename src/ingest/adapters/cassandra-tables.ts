import type { CassandraTable } from '../../platform/cassandra/index.js';

/** All versions of all records; a reader takes the greatest. `day`: UTC day of recorded_at. */
export const usageRecordTable = {
  name: 'usage_record',
  columns: [
    ['shard', 'smallint'],
    ['day', 'date'],
    ['msisdn', 'bigint'],
    ['recorded_at', 'timestamp'],
    ['record_id', 'uuid'],
    ['version', 'bigint'],
    ['agreement_id', 'uuid'],
    ['recorded_bytes', 'bigint'],
    ['status', 'text'],
    ['file_id', 'int'],
    ['line_no', 'int'],
  ],
  partitionKey: ['shard', 'day'],
  clustering: [
    ['msisdn', 'ASC'],
    ['recorded_at', 'DESC'],
    ['record_id', 'ASC'],
    ['version', 'DESC'],
  ],
} as const satisfies CassandraTable;

/** Where to look for waiting records; whether they still wait only usage_record tells. */
export const waitingRecordTable = {
  name: 'waiting_record',
  columns: [
    ['shard', 'smallint'],
    ['msisdn', 'bigint'],
    ['recorded_at', 'timestamp'],
    ['record_id', 'uuid'],
    ['version', 'bigint'],
  ],
  partitionKey: ['shard', 'msisdn'],
  clustering: [
    ['recorded_at', 'ASC'],
    ['record_id', 'ASC'],
    ['version', 'ASC'],
  ],
} as const satisfies CassandraTable;

/**
 * For people with cqlsh, in the schema they know: the records that count of an agreement's billing
 * period, each as its newest version has it. The program writes it and never reads it.
 */
export const dataRecordTable = {
  name: 'data_record',
  columns: [
    ['agreement_id', 'uuid'],
    ['year', 'int'],
    ['month', 'int'],
    ['recorded_at', 'timestamp'],
    ['internal_record_id', 'uuid'],
    ['recorded_bytes', 'bigint'],
  ],
  partitionKey: ['agreement_id', 'year', 'month'],
  clustering: [
    ['recorded_at', 'DESC'],
    ['internal_record_id', 'ASC'],
  ],
} as const satisfies CassandraTable;

const agreementColumns = [
  ['id', 'uuid'],
  ['msisdn', 'bigint'],
  ['signed_at', 'timestamp'],
  ['service_start_at', 'timestamp'],
  ['billing_period_time_zone', 'text'],
  ['max_bytes_in_billing_period', 'bigint'],
  ['version', 'bigint'],
  ['log_partition', 'int'],
] as const;

/** Agreements by their id. */
export const agreementTable = {
  name: 'agreement',
  columns: agreementColumns,
  partitionKey: ['id'],
} as const satisfies CassandraTable;

export const agreementByMsisdnTable = {
  name: 'agreement_by_msisdn',
  columns: agreementColumns,
  partitionKey: ['msisdn'],
  clustering: [['id', 'ASC']],
} as const satisfies CassandraTable;

/** bucket: version div 65,536, so that no Cassandra partition grows without bound. */
export const agreementByVersionTable = {
  name: 'agreement_by_version',
  columns: [...agreementColumns, ['bucket', 'int']],
  partitionKey: ['log_partition', 'bucket'],
  clustering: [['version', 'ASC']],
} as const satisfies CassandraTable;

/** A copy of the messages, for look-ups by key; the topic itself is what consumers read. */
export const messageTable = {
  name: 'message',
  columns: [
    ['key', 'text'],
    ['timestamp', 'timestamp'],
    ['revision', 'int'],
    ['id', 'uuid'],
    ['type', 'text'],
    ['value', 'text'],
  ],
  partitionKey: ['key'],
  clustering: [
    ['timestamp', 'ASC'],
    ['revision', 'ASC'],
  ],
} as const satisfies CassandraTable;

/** Counts as of a version of the log, not changes: those would not bear being written twice. */
export const importFileCountTable = {
  name: 'import_file_count',
  columns: [
    ['file_id', 'int'],
    ['log_partition', 'int'],
    ['version', 'bigint'],
    ['counted', 'int'],
    ['late', 'int'],
    ['waiting', 'int'],
    ['duplicate', 'int'],
    ['rejected', 'int'],
  ],
  partitionKey: ['file_id'],
  clustering: [
    ['log_partition', 'ASC'],
    ['version', 'DESC'],
  ],
} as const satisfies CassandraTable;

/** Of a file by its line (log_partition 0), else by its offset in a partition of the log. */
export const deadLetterTable = {
  name: 'dead_letter',
  columns: [
    ['file_id', 'int'],
    ['log_partition', 'int'],
    ['bucket', 'int'],
    ['line_no', 'int'],
    ['offset', 'bigint'],
    ['code', 'text'],
    ['message', 'text'],
    ['raw', 'blob'],
  ],
  partitionKey: ['file_id', 'log_partition', 'bucket'],
  clustering: [
    ['line_no', 'ASC'],
    ['offset', 'ASC'],
  ],
} as const satisfies CassandraTable;

/** What the owner of a partition says of it, every second. */
export const partitionStatusTable = {
  name: 'partition_status',
  columns: [
    ['application', 'text'],
    ['log_partition', 'int'],
    ['owner', 'text'],
    ['address', 'text'],
    ['state', 'text'],
    ['offset', 'bigint'],
    ['cursor', 'int'],
    ['snapshot_offset', 'bigint'],
    ['snapshot_at', 'timestamp'],
    ['clock', 'text'],
    ['open_periods', 'int'],
    ['earliest_end', 'timestamp'],
    ['agreements', 'int'],
    ['cause', 'text'],
    ['at', 'timestamp'],
  ],
  partitionKey: ['application'],
  clustering: [['log_partition', 'ASC']],
} as const satisfies CassandraTable;

/** The tables of the keyspace that this folder writes. */
export const ingestTables: readonly CassandraTable[] = [
  ...[usageRecordTable, dataRecordTable, waitingRecordTable],
  ...[agreementTable, agreementByMsisdnTable, agreementByVersionTable],
  ...[messageTable, importFileCountTable, deadLetterTable, partitionStatusTable],
];
