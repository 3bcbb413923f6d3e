import { importTables } from '../../import/adapters/cassandra-tables.js';
import { ingestTables } from '../../ingest/adapters/cassandra-tables.js';
import {
  platformTables,
  type CassandraTable,
  type WantedSchema,
} from '../../platform/cassandra/index.js';

/** Changes with every change of a table that the program cannot make up for by itself. */
const schemaVersion = '2';

/** Every table of the keyspace. */
export const clusterTables: readonly CassandraTable[] = [
  ...platformTables,
  ...ingestTables,
  ...importTables,
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
