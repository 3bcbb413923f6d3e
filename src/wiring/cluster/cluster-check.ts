import {
  agreementsGroup,
  cassandraOptions,
  importName,
  kafkaOptions,
  usageGroup,
} from './cluster-options.js';
import { clusterSchema } from './cluster-schema.js';
import { wiringErrors } from '../errors.js';
import type { Settings } from '../../config/index.js';
import {
  CassandraSession,
  checkSchema,
  schemaWarnings,
  type WantedSchema,
} from '../../platform/cassandra/index.js';
import {
  checkTopics,
  newKafka,
  type KafkaCheck,
  type WantedKafka,
  type WantedTopic,
} from '../../platform/kafka/index.js';
import type { Logger } from '../../platform/telemetry/index.js';
import { Fault } from '../../streaming/index.js';

/** A message about a period carries the period's last instant, which may be a month ahead. */
const aheadOfMessagesMs = 62 * 86_400_000;

/**
 * An agreement carries the time it was signed. Whatever that is, the broker must take it: the
 * partition that accepts the agreement would stand still.
 */
const anyTimeMs = Number.MAX_SAFE_INTEGER;

/** The topics as docs/WIRE-CONTRACT.md has them; what each keeps and who uses it how. */
export const wantedTopics = (settings: Settings): readonly WantedTopic[] => {
  const { partitions, kafkaReplicationFactor: replicationFactor, maxFutureSkewMs } = settings;
  const size = { partitions, replicationFactor };
  return [
    {
      ...size,
      name: settings.topicIncomingDataRecords,
      keeps: 'events',
      aheadMs: maxFutureSkewMs,
      isAheadBounded: true,
      needs: ['READ', 'WRITE'],
    },
    {
      ...size,
      name: settings.topicAgreements,
      keeps: 'events',
      ...{ aheadMs: anyTimeMs, behindMs: anyTimeMs },
      needs: ['READ', 'WRITE'],
    },
    {
      ...size,
      name: settings.topicDataRecordsAggregates,
      keeps: 'messages',
      aheadMs: Math.max(maxFutureSkewMs, aheadOfMessagesMs),
      needs: ['READ', 'WRITE'],
    },
    {
      ...size,
      partitions: 1,
      name: settings.topicImportFiles,
      keeps: 'latest',
      aheadMs: 0,
      needs: ['READ', 'WRITE'],
    },
  ];
};

/** The keyspace, its tables and the numbers it was made with. */
export const wantedSchema = (settings: Settings): WantedSchema =>
  clusterSchema({
    keyspace: settings.cassandraKeyspace,
    shards: settings.shards,
    partitions: settings.partitions,
  });

/** Groups and transactional ids of this program begin with one of these. */
const namesOf = (settings: Settings): string[] => [
  usageGroup(settings),
  agreementsGroup(settings),
  importName(settings),
];

const wantedKafka = (settings: Settings): WantedKafka => ({
  topics: wantedTopics(settings),
  sessionTimeoutMs: settings.kafkaSessionTimeoutMs,
  transactionTimeoutMs: settings.kafkaTransactionTimeoutMs,
  groups: namesOf(settings),
  // ids of no partition: to ask for one takes it from whoever has it
  transactionalIds: namesOf(settings).map((name) => `${name}-check`),
});

const checkCassandra = async (settings: Settings): Promise<KafkaCheck> => {
  const session = await openSession(settings);
  try {
    return {
      differences: await checkSchema(session, wantedSchema(settings)),
      warnings: await schemaWarnings(session, settings.cassandraKeyspace),
    };
  } finally {
    await session.close();
  }
};

/** A node under load takes seconds to make a table. */
const requestTimeoutMs = 20_000;

/** A session that is open also when the keyspace was not made yet. */
export const openSession = (settings: Settings): Promise<CassandraSession> =>
  CassandraSession.open({ ...cassandraOptions(settings), keyspace: undefined, requestTimeoutMs });

/** A password that anyone on the way can read is a fault of the network that is planned. */
const settingsWarnings = (settings: Settings): string[] =>
  settings.kafkaSecurityProtocol === 'SASL_PLAINTEXT' &&
  ['PLAIN', 'OAUTHBEARER'].includes(settings.kafkaSaslMechanism ?? '')
    ? [
        'KAFKA_SECURITY_PROTOCOL is SASL_PLAINTEXT: password or token can be read by anyone on ' +
          'the way; use SASL_SSL.',
      ]
    : [];

/** All differences as one fault. */
export const notReady = (
  code: 'CLUSTER_NOT_READY' | 'MIGRATION_REFUSED',
  differences: readonly string[],
): Fault => {
  const { reaction, meaning } = wiringErrors[code];
  return new Fault(code, reaction, [meaning, ...differences].join('\n  '));
};

/**
 * Compares Kafka and Cassandra with the settings before anything is read or written. Rejects with
 * one CLUSTER_NOT_READY that lists every difference, or with the fault of a connection. What the
 * servers' settings can cost is logged as warnings.
 */
export const checkCluster = async (settings: Settings, logger: Logger): Promise<void> => {
  const kafka = newKafka(kafkaOptions(settings), logger);
  const [ofCassandra, ofKafka] = await Promise.all([
    checkCassandra(settings),
    checkTopics(kafka, wantedKafka(settings)),
  ]);
  const warnings = [...settingsWarnings(settings), ...ofKafka.warnings, ...ofCassandra.warnings];
  for (const warning of warnings) logger.warn(warning);
  const differences = [...ofCassandra.differences, ...ofKafka.differences];
  if (differences.length > 0) throw notReady('CLUSTER_NOT_READY', differences);
};
