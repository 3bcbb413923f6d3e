import type { CassandraTable } from '../../platform/cassandra/index.js';

/** Files that were found. */
export const importFileTable = {
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
} as const satisfies CassandraTable;

/** How far each file was read; the greatest seq is in force. */
export const importProgressTable = {
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
} as const satisfies CassandraTable;

/** The file with the greatest id of each feed. */
export const feedLastFileTable = {
  name: 'feed_last_file',
  columns: [
    ['one', 'tinyint'],
    ['feed', 'text'],
    ['file_id', 'int'],
    ['name', 'text'],
  ],
  partitionKey: ['one'],
  clustering: [['feed', 'ASC']],
} as const satisfies CassandraTable;

/** Where ids of files come from. */
export const fileIdBlockTable = {
  name: 'file_id_block',
  columns: [
    ['name', 'text'],
    ['next', 'int'],
  ],
  partitionKey: ['name'],
} as const satisfies CassandraTable;

/** The tables of the keyspace that this folder writes. */
export const importTables: readonly CassandraTable[] = [
  importFileTable,
  importProgressTable,
  feedLastFileTable,
  fileIdBlockTable,
];
