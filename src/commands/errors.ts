import type { FaultCodes } from '../streaming/index.js';

export const commandErrors = {
  STORE_NOT_FOUND: {
    reaction: 'Fatal',
    meaning: 'There is no store in the data directory, so there is nothing to verify or repair.',
    next: 'Correct DATA_DIR; the program prints the path of its store when it starts.',
  },
  CLUSTER_NOT_READY: {
    reaction: 'Fatal',
    meaning: 'Kafka or Cassandra are not as this program and its settings need them.',
    next: 'Run `npm run migrate` with the same settings; what it may not change it tells.',
  },
  MIGRATION_REFUSED: {
    reaction: 'Fatal',
    meaning: 'The settings ask for something that the servers are not and cannot become.',
    next: 'Change the setting to what is there, or choose other names and begin anew.',
  },
  NOT_CONFIRMED: {
    reaction: 'Fatal',
    meaning: 'Nothing was changed: the question was not answered with the word it asks for.',
    next: 'Run it on a terminal and type the word, or give `--yes` when nobody is to be asked.',
  },
  CLUSTER_IN_USE: {
    reaction: 'Fatal',
    meaning: 'Programs of this cluster run.',
    next: 'Stop every process; one that was killed is forgotten after KAFKA_SESSION_TIMEOUT.',
  },
} as const satisfies FaultCodes;
