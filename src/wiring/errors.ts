import type { FaultCodes } from '../streaming/index.js';

export const wiringErrors = {
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
} as const satisfies FaultCodes;
