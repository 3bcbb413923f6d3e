import { usageApplication } from '../../billing-window/index.js';
import { cassandraOptions, kafkaOptions, usageGroup } from './cluster-options.js';
import type { Settings } from '../../config/index.js';
import { CassandraDeadLetterStore } from '../../ingest/adapters/cassandra-dead-letter-store.js';
import { CassandraPartitionStatus } from '../../ingest/adapters/cassandra-partition-status.js';
import { KafkaUsageInput } from '../../ingest/adapters/kafka-usage-input.js';
import { BatchedWriter, CassandraSession } from '../../platform/cassandra/index.js';
import { systemClock } from '../../platform/http/clock.js';
import {
  GroupOffsets,
  newKafka,
  RecordWriter,
  TopicReader,
  type Admin,
  type Kafka,
} from '../../platform/kafka/index.js';
import { pauseFor } from '../../platform/pause.js';
import type { Logger } from '../../platform/telemetry/index.js';

const answerWithinMs = 30_000;

/** What all adapters of a process share. */
export interface Shared {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly session: CassandraSession;
  readonly offsets: GroupOffsets;
  readonly input: KafkaUsageInput;
  /** One for all partitions: it bounds what the process has on its way to Cassandra. */
  readonly rows: BatchedWriter;
  readonly status: CassandraPartitionStatus;
  readonly messages: TopicReader;
  /** The log's name, unlike that of any other log of any Kafka cluster. */
  readonly logName: string;
  readonly connections: { close(): Promise<void> }[];
}

/** Opens the clients of Kafka and Cassandra. Rejects with the faults of both. */
export const openShared = async (settings: Settings, logger: Logger): Promise<Shared> => {
  const session = await CassandraSession.open(cassandraOptions(settings));
  const kafka = newKafka(kafkaOptions(settings), logger);
  const admin = kafka.admin();
  const { partitions } = settings;
  const log = new TopicReader(kafka, settings.topicIncomingDataRecords, partitions);
  const messages = new TopicReader(kafka, settings.topicDataRecordsAggregates, partitions);
  const topic = settings.topicIncomingDataRecords;
  const offsets = new GroupOffsets({ kafka, admin }, { groupId: usageGroup(settings), topic });
  const writer = new RecordWriter(kafka, topic);
  const status = new CassandraPartitionStatus({
    ...{ session, partitions, application: usageApplication.name },
    offsets: { ends: () => log.ends(), committed: () => offsets.all() },
  });
  const input = new KafkaUsageInput({
    ...{ partitions, writer, now: systemClock, pause: pauseFor, answerWithinMs },
    committed: () => offsets.all(),
    told: () => status.told(),
    deadLetters: new CassandraDeadLetterStore(session),
  });
  const connections = [
    ...[writer, log, messages],
    { close: () => admin.disconnect() },
    { close: () => session.close() },
  ];
  const clusterId = await admin
    .connect()
    .then(async () => (await admin.describeCluster()).clusterId)
    .catch((error: unknown) => closedBehind(connections, error));
  const logName = `${clusterId}/${topic}`;
  const rows = new BatchedWriter(session);
  const clients = { kafka, admin, session, offsets };
  return { settings, logger, ...clients, input, rows, status, messages, logName, connections };
};

/** Closes what was opened for a start that failed, then rejects with why. */
export const closedBehind = async (
  connections: readonly { close(): Promise<void> }[],
  error: unknown,
): Promise<never> => {
  await Promise.allSettled(connections.map((connection) => connection.close()));
  throw error;
};
