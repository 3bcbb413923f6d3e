import type { FaultCodes } from '../streaming/index.js';

export const commandErrors = {
  STORE_NOT_FOUND: {
    reaction: 'Fatal',
    meaning: 'There is no store in the data directory, so there is nothing to verify or repair.',
    next: 'Correct DATA_DIR; the program prints the path of its store when it starts.',
  },
  STORE_BEYOND_REPAIR: {
    reaction: 'Fatal',
    meaning: 'Neither the store file nor a log of it holds anything that can be read.',
    next:
      'Restore a backup of DATA_DIR; without one, `npm run reset`, deliver all files again and ' +
      'send again what was sent over HTTP.',
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
