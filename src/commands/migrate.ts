import {
  notReady,
  openSession,
  wantedSchema,
  wantedTopics,
} from '../wiring/cluster/cluster-check.js';
import { kafkaOptions } from '../wiring/cluster/cluster-options.js';
import type { Settings } from '../config/index.js';
import {
  checkSchema,
  createSchema,
  fixedDifferences,
  nodesIn,
  type CassandraSession,
  type WantedSchema,
} from '../platform/cassandra/index.js';
import {
  checkTopics,
  ensureTopics,
  impossibleTopics,
  newKafka,
  type Kafka,
} from '../platform/kafka/index.js';
import type { Logger } from '../platform/telemetry/index.js';

/** What one migration works with. */
interface Migration {
  readonly settings: Settings;
  readonly session: CassandraSession;
  readonly kafka: Kafka;
  readonly print: (line: string) => void;
}

/** More copies than nodes: the keyspace could be made, but no row could be written. */
const tooFewNodes = async ({ settings, session }: Migration): Promise<string[]> => {
  const { cassandraReplicationFactor: copies, cassandraLocalDataCenter: dataCenter } = settings;
  const nodes = await nodesIn(session, dataCenter);
  return nodes >= copies
    ? []
    : [`CASSANDRA_REPLICATION_FACTOR is ${copies}, and ${dataCenter} has ${nodes} node(s).`];
};

/** Nothing is made when something that is there cannot become what is asked for. */
const refuseWhatCannotBe = async (migration: Migration): Promise<void> => {
  const { settings, session, kafka } = migration;
  const wanted = wantedSchema(settings);
  const isNew = (await checkSchema(session, wanted))[0] === missingKeyspace(wanted);
  const impossible = [
    ...(isNew ? await tooFewNodes(migration) : await fixedDifferences(session, wanted)),
    ...(await impossibleTopics(kafka, wantedTopics(settings))),
  ];
  if (impossible.length > 0) throw notReady('MIGRATION_REFUSED', impossible);
};

const missingKeyspace = ({ keyspace }: WantedSchema): string => `Keyspace ${keyspace} is missing.`;

const tellMade = (difference: string): string => difference.replace(/ is missing\.$/, ': made.');

const migrateCassandra = async (migration: Migration): Promise<void> => {
  const { settings, session, print } = migration;
  const wanted = wantedSchema(settings);
  const name = `Keyspace ${wanted.keyspace}`;
  const before = await checkSchema(session, wanted);
  if (before.length === 0) {
    print(`${name}: there, with ${wanted.tables.length} tables.`);
    return;
  }
  const isNew = before[0] === missingKeyspace(wanted);
  await createSchema(session, wanted, {
    replicationFactor: settings.cassandraReplicationFactor,
    localDataCenter: settings.cassandraLocalDataCenter,
  });
  const { shards, partitions, cassandraReplicationFactor: copies } = settings;
  const made = `made with ${wanted.tables.length} tables, ${copies} cop${copies > 1 ? 'ies' : 'y'}`;
  if (isNew) print(`${name}: ${made} of each row, ${shards} shards, ${partitions} partitions.`);
  else for (const difference of before) print(tellMade(difference));
};

/** What is still another than it has to be; the rights of who migrates are not those of all. */
const refuseWhatIsLeft = async ({ settings, session, kafka, print }: Migration): Promise<void> => {
  const topics = wantedTopics(settings).map((topic) => ({ ...topic, needs: [] }));
  const { kafkaSessionTimeoutMs, kafkaTransactionTimeoutMs } = settings;
  const ofKafka = await checkTopics(kafka, {
    topics,
    groups: [],
    transactionalIds: [],
    sessionTimeoutMs: kafkaSessionTimeoutMs,
    transactionTimeoutMs: kafkaTransactionTimeoutMs,
  });
  const left = [...(await checkSchema(session, wantedSchema(settings))), ...ofKafka.differences];
  if (left.length > 0) throw notReady('CLUSTER_NOT_READY', left);
  for (const warning of ofKafka.warnings) print(`WARNING  ${warning}`);
};

/**
 * Makes keyspace, tables and topics of the cluster, adds what is missing, and corrects settings of
 * topics that would lose something; prints what it made and what was there. Can be run again, also
 * by two at once. Rejects with MIGRATION_REFUSED before anything is made when a number of
 * partitions or shards is another, with CLUSTER_NOT_READY when something is left, and with the
 * faults of both servers.
 */
export const migrate = async (
  settings: Settings,
  logger: Logger,
  print: (line: string) => void,
): Promise<void> => {
  const kafka = newKafka(kafkaOptions(settings), logger);
  const session = await openSession(settings);
  const migration = { settings, session, kafka, print };
  try {
    await refuseWhatCannotBe(migration);
    await migrateCassandra(migration);
    for (const line of await ensureTopics(kafka, wantedTopics(settings))) print(line);
    await refuseWhatIsLeft(migration);
    print('Kafka and Cassandra are ready.');
  } finally {
    await session.close();
  }
};
