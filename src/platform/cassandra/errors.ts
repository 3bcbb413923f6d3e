import type { FaultCodes } from '../../streaming/index.js';

export const cassandraErrors = {
  CASSANDRA_UNREACHABLE: {
    reaction: 'Retry',
    meaning: 'No Cassandra node answered.',
    next: 'It is tried again by itself; look at CASSANDRA_CONTACT_POINT and the nodes.',
  },
  CASSANDRA_TIMED_OUT: {
    reaction: 'Retry',
    meaning: 'Cassandra did not answer in time.',
    next: 'It is tried again by itself; when it goes on, look at the load of the nodes.',
  },
  CASSANDRA_UNAVAILABLE: {
    reaction: 'Retry',
    meaning: 'Too few replicas are up for a quorum of the local data center.',
    next: 'It is tried again by itself; bring the nodes up that are down.',
  },
  CASSANDRA_OVERLOADED: {
    reaction: 'Retry',
    meaning: 'Cassandra took no more requests.',
    next: 'It is tried again by itself; when it goes on, add nodes or take load away.',
  },
  CASSANDRA_FAILED: {
    reaction: 'Retry',
    meaning: 'A replica failed while it read or wrote.',
    next: 'It is tried again by itself; when it goes on, read the log of the nodes.',
  },
  CASSANDRA_LOGIN_REFUSED: {
    reaction: 'Fatal',
    meaning: 'Cassandra did not accept the user or the password.',
    next: 'Set CASSANDRA_USERNAME and CASSANDRA_PASSWORD to a user that exists.',
  },
  CASSANDRA_NOT_ALLOWED: {
    reaction: 'Fatal',
    meaning: 'The user of Cassandra may not do what the program has to do.',
    next: 'Grant the user SELECT and MODIFY on the keyspace; for migrate also CREATE and ALTER.',
  },
  CASSANDRA_CERTIFICATE_REFUSED: {
    reaction: 'Fatal',
    meaning: 'The certificate of a Cassandra node could not be verified.',
    next: 'Name the certificate authority of the nodes in the setting.',
  },
  CASSANDRA_SETTINGS_WRONG: {
    reaction: 'Fatal',
    meaning: 'A setting of Cassandra cannot be right.',
    next: 'Change the setting that the message names.',
  },
  CASSANDRA_STATEMENT_REFUSED: {
    reaction: 'Fatal',
    meaning: 'Cassandra refused a statement: the keyspace or a table is missing or is another.',
    next: 'Run `npm run migrate`; when the schema is right, report it: this is a bug.',
  },
  CASSANDRA_VALUE_OUT_OF_RANGE: {
    reaction: 'StateCorrupt',
    meaning: 'A number in a table is larger than the program ever writes.',
    next: 'Find out who else writes into the keyspace; restore the table from a backup.',
  },
  CASSANDRA_CLOSED: {
    reaction: 'Retry',
    meaning: 'The connection to Cassandra is closed because the program is stopping.',
    next: 'Send it again when the program runs.',
  },
  CASSANDRA_SNAPSHOT_DAMAGED: {
    reaction: 'Retry',
    meaning: 'A saved state cannot be read whole.',
    next: 'Nothing: an older one is used, or the log is read from its start.',
  },
} as const satisfies FaultCodes;
