import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Secret, Settings } from '../../config/index.js';
import type { CassandraOptions } from '../../platform/cassandra/index.js';
import type { KafkaOptions } from '../../platform/kafka/index.js';
import { Fault } from '../../streaming/index.js';

const unreadable = (path: string, cause: unknown): Fault =>
  new Fault('SETTING_FILE_UNREADABLE', 'Fatal', `the file ${path} cannot be read`, { cause });

const contentOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, cause);
  }
};

const contentIfNamed = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : contentOf(path);

/** Only the line break that editors put at the end is not part of a password. */
const passwordOf = (secret: Secret | undefined, file: string | undefined): string =>
  secret?.reveal() ?? contentIfNamed(file)?.replace(/\r?\n$/, '') ?? '';

const tokenOf = async (path: string): Promise<string> => {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw unreadable(path, cause);
  }
};

const saslOf = (settings: Settings): KafkaOptions['sasl'] => {
  const { kafkaSaslMechanism: mechanism, kafkaSaslTokenFile: tokenFile } = settings;
  if (mechanism === undefined) return undefined;
  if (mechanism === 'OAUTHBEARER') {
    // the file is read at every connect: who issues tokens renews it
    const oauthBearerProvider = async () => ({ value: await tokenOf(tokenFile ?? '') });
    return { mechanism: 'oauthbearer', oauthBearerProvider };
  }
  const names = {
    PLAIN: 'plain',
    'SCRAM-SHA-256': 'scram-sha-256',
    'SCRAM-SHA-512': 'scram-sha-512',
  } as const;
  const username = settings.kafkaSaslUsername ?? '';
  const password = passwordOf(settings.kafkaSaslPassword, settings.kafkaSaslPasswordFile);
  return { mechanism: names[mechanism], username, password };
};

/** How to reach Kafka. Reads the files that settings name; throws SETTING_FILE_UNREADABLE. */
export const kafkaOptions = (settings: Settings): KafkaOptions => ({
  bootstrapServers: settings.kafkaBootstrapServers,
  clientId: settings.clusterName,
  ...(settings.kafkaSecurityProtocol.endsWith('SSL') && {
    ssl: {
      ca: contentIfNamed(settings.kafkaTlsCaFile),
      cert: contentIfNamed(settings.kafkaTlsCertFile),
      key: contentIfNamed(settings.kafkaTlsKeyFile),
      rejectUnauthorized: true,
    },
  }),
  ...(settings.kafkaSecurityProtocol.startsWith('SASL') && { sasl: saslOf(settings) }),
});

/** How to reach Cassandra. Reads the password; throws SETTING_FILE_UNREADABLE. */
export const cassandraOptions = (settings: Settings): CassandraOptions => ({
  contactPoints: settings.cassandraContactPoints,
  localDataCenter: settings.cassandraLocalDataCenter,
  keyspace: settings.cassandraKeyspace,
  ...(settings.cassandraUsername !== undefined && {
    username: settings.cassandraUsername,
    password: passwordOf(settings.cassandraPassword, settings.cassandraPasswordFile),
  }),
  ...(settings.cassandraTls && {
    tls: {
      caFile: settings.cassandraTlsCaFile,
      certFile: settings.cassandraTlsCertFile,
      keyFile: settings.cassandraTlsKeyFile,
    },
  }),
});

/** Consumer group whose offsets are the positions; all processes of a cluster share it. */
export const usageGroup = ({ clusterName }: Settings): string => `${clusterName}-usage`;

/** One for each partition of the log: who begins a transaction with it shuts out all others. */
export const usageTransactionalId = (settings: Settings, partition: number): string =>
  `${usageGroup(settings)}-${partition}`;

/** Consumer group of those that bring topic `agreements` into the log. */
export const agreementsGroup = ({ clusterName }: Settings): string => `${clusterName}-agreements`;

/** What the group and the transactional id of each importer begin with. */
export const importName = ({ clusterName }: Settings): string => `${clusterName}-import`;
