import {
  platformTables,
  type CassandraTable,
  type WantedSchema,
} from '../../platform/cassandra/index.js';

/** Changes with every change of a table that the program cannot make up for by itself. */
const schemaVersion = '2';

const agreementColumns: CassandraTable['columns'] = [
  ['id', 'uuid'],
  ['msisdn', 'bigint'],
  ['signed_at', 'timestamp'],
  ['service_start_at', 'timestamp'],
  ['billing_period_time_zone', 'text'],
  ['max_bytes_in_billing_period', 'bigint'],
  ['version', 'bigint'],
  ['log_partition', 'int'],
];

/**
 * For people with cqlsh, in the schema they know: the records that count of an agreement's billing
 * period, each as its newest version has it. The program writes it and never reads it.
 */
const dataRecordTable: CassandraTable = {
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
};

/** All versions of all records; a reader takes the greatest. `day`: UTC day of recorded_at. */
const usageRecordTable: CassandraTable = {
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
};

/** Where to look for waiting records; whether they still wait only usage_record tells. */
const waitingRecordTable: CassandraTable = {
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
};

const agreementTables: CassandraTable[] = [
  { name: 'agreement', columns: agreementColumns, partitionKey: ['id'] },
  {
    name: 'agreement_by_msisdn',
    columns: agreementColumns,
    partitionKey: ['msisdn'],
    clustering: [['id', 'ASC']],
  },
  {
    // bucket: version div 65,536, so that no Cassandra partition grows without bound.
    name: 'agreement_by_version',
    columns: [...agreementColumns, ['bucket', 'int']],
    partitionKey: ['log_partition', 'bucket'],
    clustering: [['version', 'ASC']],
  },
];

/** A copy of the messages, for look-ups by key; the topic itself is what consumers read. */
const messageTable: CassandraTable = {
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
};

const importTables: CassandraTable[] = [
  {
    name: 'import_file',
    columns: [
      ['bucket', 'int'],
      ['id', 'int'],
      ['name', 'text'],
      ['feed', 'text'],
      ['bytes', 'bigint'],
      ['inode', 'text'],
      ['registered_at', 'timestamp'],
    ],
    partitionKey: ['bucket'],
    clustering: [['id', 'DESC']],
  },
  {
    name: 'import_progress',
    columns: [
      ['file_id', 'int'],
      ['seq', 'bigint'],
      ['byte_offset', 'bigint'],
      ['line_no', 'int'],
      ['lines', 'int'],
      ['first_recorded_at', 'bigint'],
      ['last_recorded_at', 'bigint'],
      ['state', 'tinyint'],
      ['sha256', 'text'],
      ['reason', 'text'],
      ['at', 'timestamp'],
    ],
    partitionKey: ['file_id'],
    clustering: [['seq', 'DESC']],
  },
  {
    // Counts as of a version of the log, not changes: those would not bear being written twice.
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
  },
  {
    name: 'feed_last_file',
    columns: [
      ['one', 'tinyint'],
      ['feed', 'text'],
      ['file_id', 'int'],
      ['name', 'text'],
    ],
    partitionKey: ['one'],
    clustering: [['feed', 'ASC']],
  },
  {
    name: 'file_id_block',
    columns: [
      ['name', 'text'],
      ['next', 'int'],
    ],
    partitionKey: ['name'],
  },
];

const deadLetterTable: CassandraTable = {
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
};

const partitionStatusTable: CassandraTable = {
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
};

/** Every table of the keyspace; the adapters beside the ports write and read them. */
export const clusterTables: readonly CassandraTable[] = [
  ...platformTables,
  usageRecordTable,
  dataRecordTable,
  waitingRecordTable,
  ...agreementTables,
  messageTable,
  ...importTables,
  deadLetterTable,
  partitionStatusTable,
];

/** The keyspace as this version needs it. Shards and partitions are fixed when it is made. */
export const clusterSchema = (sizes: {
  keyspace: string;
  shards: number;
  partitions: number;
}): WantedSchema => ({
  keyspace: sizes.keyspace,
  tables: clusterTables,
  facts: {
    version: schemaVersion,
    shards: String(sizes.shards),
    partitions: String(sizes.partitions),
  },
});
