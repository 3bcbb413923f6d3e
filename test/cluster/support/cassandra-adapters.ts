// What the specs of the cluster read and write with: the adapters of every context.
export * from '../../../src/agreements/adapters/cassandra-agreement-store.js';
export * from '../../../src/billing-window/adapters/cassandra-message-copies.js';
export * from '../../../src/data-records/adapters/cassandra-record-store.js';
export * from '../../../src/import/adapters/cassandra-feed-files.js';
export * from '../../../src/import/adapters/cassandra-file-ids.js';
export * from '../../../src/import/adapters/cassandra-import-file-store.js';
export * from '../../../src/import/adapters/cassandra-import-rows.js';
export * from '../../../src/ingest/adapters/cassandra-dead-letter-store.js';
export * from '../../../src/ingest/adapters/cassandra-partition-status.js';
