import type { FaultCodes } from '../../streaming/index.js';

export const kafkaErrors = {
  KAFKA_UNREACHABLE: {
    reaction: 'Retry',
    meaning: 'No broker of Kafka answers.',
    next:
      'Check KAFKA_BOOTSTRAP_SERVERS, KAFKA_SECURITY_PROTOCOL and the brokers: one that asks for ' +
      'TLS or a log-in closes other connections without a word.',
  },
  KAFKA_TIMED_OUT: {
    reaction: 'Retry',
    meaning: 'Kafka did not answer in time.',
    next: 'Look at the load of the brokers; the program goes on by itself.',
  },
  KAFKA_NO_LEADER: {
    reaction: 'Retry',
    meaning: 'A partition has no leader at the moment.',
    next: 'Check that its brokers run; the program goes on by itself.',
  },
  KAFKA_TRANSACTION_UNDONE: {
    reaction: 'Retry',
    meaning: 'A transaction did not take place, or it is not known whether it did.',
    next: 'Nothing: what is committed is read again, and the rest is done again.',
  },
  KAFKA_PRODUCER_FENCED: {
    reaction: 'Fenced',
    meaning: 'Another process works on this partition now.',
    next: 'Nothing: that is how partitions move. If it never ends, CLUSTER_NAME is used twice.',
  },
  PARTITION_LOST: {
    reaction: 'Fenced',
    meaning: 'The partition was given to another process.',
    next: 'Nothing: that is how partitions move.',
  },
  KAFKA_DENIED: {
    reaction: 'Fatal',
    meaning: 'Kafka refuses the user: its log-in, or a right it has not.',
    next: 'Check KAFKA_SASL_* and KAFKA_TLS_*, and the rights that docs/OPERATING.md lists.',
  },
  KAFKA_CERTIFICATE_REFUSED: {
    reaction: 'Fatal',
    meaning: 'The certificate of a broker could not be verified, or the broker refused ours.',
    next: 'Set KAFKA_TLS_CA_FILE, and use the host names that the certificate is for.',
  },
  KAFKA_REFUSED: {
    reaction: 'Fatal',
    meaning: 'Kafka refuses a request that should be good.',
    next: 'Compare topics and version of the brokers with docs/OPERATING.md; report it.',
  },
  KAFKA_RECORDS_UNREADABLE: {
    reaction: 'Retry',
    meaning: 'A batch of records cannot be read.',
    next:
      'The message says where and why. A checksum that stays another is a damaged disk of a ' +
      'broker: make another replica the leader, or restore from a backup. Topics have to be ' +
      'stored with compression.type uncompressed.',
  },
  LOG_TRIMMED: {
    reaction: 'StateCorrupt',
    meaning: 'Events that are still needed were deleted from the log.',
    next: 'Set retention.ms of the topic to -1, and restore topic and keyspace from a backup.',
  },
  LOG_CUT_OFF: {
    reaction: 'StateCorrupt',
    meaning: 'The log ends before what was read from it.',
    next: 'Brokers lost acknowledged events: restore topic and keyspace from a backup.',
  },
} as const satisfies FaultCodes;
