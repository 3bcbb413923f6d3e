import {
  address,
  addresses,
  choice,
  duration,
  flag,
  integer,
  name,
  optional,
  secret,
  text,
  type Setting,
} from './setting.js';

const setting = <T>(declared: Setting<T>): Setting<T> => declared;

const path = (name: string, doc: string): Setting<string | undefined> => ({
  ...optional(text('path')),
  name,
  defaultText: '',
  doc,
});

const topic = (setting: string, defaultText: string, doc: string): Setting<string> => ({
  ...name(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/, 'letters, digits, dot, dash, underscore'),
  name: setting,
  defaultText,
  doc,
});

const kafka = {
  kafkaBootstrapServers: setting({
    ...addresses(),
    name: 'KAFKA_BOOTSTRAP_SERVERS',
    defaultText: '127.0.0.1:9092',
    doc: 'Brokers to ask first, comma-separated host:port.',
  }),
  kafkaSecurityProtocol: setting({
    ...choice(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']),
    name: 'KAFKA_SECURITY_PROTOCOL',
    defaultText: 'PLAINTEXT',
    doc: 'SSL: encrypted, the broker verified. SASL: with a log-in.',
  }),
  kafkaSaslMechanism: setting({
    ...optional(choice(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'])),
    name: 'KAFKA_SASL_MECHANISM',
    defaultText: '',
    doc: 'How to log in; needed with SASL_PLAINTEXT and SASL_SSL.',
  }),
  kafkaSaslUsername: setting({
    ...optional(text()),
    name: 'KAFKA_SASL_USERNAME',
    defaultText: '',
    doc: 'User of PLAIN and SCRAM.',
  }),
  kafkaSaslPassword: setting({
    ...optional(secret()),
    name: 'KAFKA_SASL_PASSWORD',
    defaultText: '',
    doc: 'Password of PLAIN and SCRAM. Never printed. A file is better: see the next one.',
  }),
  kafkaSaslPasswordFile: path(
    'KAFKA_SASL_PASSWORD_FILE',
    'File with that password; a line break at its end does not count.',
  ),
  kafkaSaslTokenFile: path(
    'KAFKA_SASL_TOKEN_FILE',
    'File with the token of OAUTHBEARER; read again at every connect, so it can be renewed.',
  ),
  kafkaTlsCaFile: path(
    'KAFKA_TLS_CA_FILE',
    'Certificates (PEM) that may sign those of the brokers. Not set: those Node trusts.',
  ),
  kafkaTlsCertFile: path('KAFKA_TLS_CERT_FILE', 'Certificate (PEM) this program shows to brokers.'),
  kafkaTlsKeyFile: path('KAFKA_TLS_KEY_FILE', 'Key (PEM) of that certificate.'),
  kafkaSessionTimeoutMs: setting({
    ...duration('PT6S', 'PT5M'),
    name: 'KAFKA_SESSION_TIMEOUT',
    defaultText: 'PT10S',
    doc: 'Silence after which the partitions of a process go to others.',
  }),
  kafkaTransactionTimeoutMs: setting({
    ...duration('PT1S', 'PT15M'),
    name: 'KAFKA_TRANSACTION_TIMEOUT',
    defaultText: 'PT15S',
    doc: 'After it the broker undoes what a dead process left open; readers wait until then.',
  }),
  kafkaReplicationFactor: setting({
    ...integer(1, 16, 'replicas'),
    name: 'KAFKA_REPLICATION_FACTOR',
    defaultText: '3',
    doc: 'Copies of each topic `npm run migrate` makes. 1: what its broker loses is lost.',
  }),
  topicIncomingDataRecords: topic(
    'TOPIC_INCOMING_DATA_RECORDS',
    'incoming-data-records',
    'The log: records, agreements, corrections, feed clocks.',
  ),
  topicAgreements: topic(
    'TOPIC_AGREEMENTS',
    'agreements',
    'Agreements: those of others are forwarded into the log, those accepted here are told.',
  ),
  topicDataRecordsAggregates: topic(
    'TOPIC_DATA_RECORDS_AGGREGATES',
    'data-records-aggregates',
    'The messages this program sends.',
  ),
  topicImportFiles: topic(
    'TOPIC_IMPORT_FILES',
    'import-files',
    'The journal of the importer: how far each file is read.',
  ),
};

const cassandra = {
  cassandraContactPoints: setting({
    ...addresses(9042),
    name: 'CASSANDRA_CONTACT_POINT',
    defaultText: '127.0.0.1:9042',
    doc: 'Nodes to ask first, comma-separated; the port is 9042 unless written.',
  }),
  cassandraLocalDataCenter: setting({
    ...text(),
    name: 'CASSANDRA_LOCAL_DC',
    defaultText: 'datacenter1',
    doc: 'The data centre this program reads from and writes to.',
  }),
  cassandraKeyspace: setting({
    ...name(/^[a-z][a-z0-9_]{0,47}$/, 'small letters, digits, underscore; a letter first'),
    name: 'CASSANDRA_KEYSPACE',
    defaultText: 'mobilecs',
    doc: 'Keyspace of all tables.',
  }),
  cassandraUsername: setting({
    ...optional(text()),
    name: 'CASSANDRA_USERNAME',
    defaultText: '',
    doc: 'User to log in as. Not set: no log-in.',
  }),
  cassandraPassword: setting({
    ...optional(secret()),
    name: 'CASSANDRA_PASSWORD',
    defaultText: '',
    doc: 'Password of that user. Never printed. A file is better: see the next one.',
  }),
  cassandraPasswordFile: path(
    'CASSANDRA_PASSWORD_FILE',
    'File with that password; a line break at its end does not count.',
  ),
  cassandraTls: setting({
    ...flag(),
    name: 'CASSANDRA_TLS',
    defaultText: 'off',
    doc: 'Encrypted connections; certificates and names of the nodes are always verified.',
  }),
  cassandraTlsCaFile: path(
    'CASSANDRA_TLS_CA_FILE',
    'Certificates (PEM) that may sign those of the nodes. Not set: those Node trusts.',
  ),
  cassandraTlsCertFile: path(
    'CASSANDRA_TLS_CERT_FILE',
    'Certificate (PEM) this program shows to nodes.',
  ),
  cassandraTlsKeyFile: path('CASSANDRA_TLS_KEY_FILE', 'Key (PEM) of that certificate.'),
  cassandraReplicationFactor: setting({
    ...integer(1, 16, 'replicas'),
    name: 'CASSANDRA_REPLICATION_FACTOR',
    defaultText: '3',
    doc: 'Copies of each row in CASSANDRA_LOCAL_DC; `npm run migrate` makes the keyspace so.',
  }),
};

const dataRecordTable = setting({
  ...flag(),
  name: 'DATA_RECORD_TABLE',
  defaultText: 'off',
  doc: 'Also writes table data_record (agreement, year, month) for cqlsh; costs throughput.',
});

/** Settings that only `STORE=cluster` reads; one machine ignores them. */
export const declaredOfCluster = {
  ...kafka,
  ...cassandra,
  clusterName: setting({
    ...name(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'letters, digits, dot, dash, underscore'),
    name: 'CLUSTER_NAME',
    defaultText: 'overage',
    doc: 'First part of group and transaction names. The same for all processes, for ever.',
  }),
  partitions: setting({
    ...integer(1, 1_024, 'partitions'),
    name: 'PARTITIONS',
    defaultText: '12',
    doc: 'Partitions of the log: most processes that can count at once. Cannot be changed later.',
  }),
  shards: setting({
    ...integer(1, 32_767, 'shards'),
    name: 'SHARDS',
    defaultText: '12',
    doc: 'Parts of a day of rows; a multiple of PARTITIONS. Cannot be changed later.',
  }),
  advertisedAddress: setting({
    ...optional(address()),
    name: 'ADVERTISED_ADDRESS',
    defaultText: '',
    doc:
      'Where the other processes reach this one: they ask it for totals of what it counts. Not ' +
      'set: HOST, or the name of this machine behind a wildcard HOST. Without a port it is PORT.',
  }),
  dataRecordTable,
  unhealthyAfterMs: setting({
    ...duration('PT5S', 'PT2M'),
    name: 'UNHEALTHY_AFTER',
    defaultText: 'PT1M',
    doc: 'A process that made no progress for so long, with work to do, says it is unhealthy.',
  }),
} as const;
