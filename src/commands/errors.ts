import type { FaultCodes } from '../streaming/index.js';

export const commandErrors = {
  STORE_NOT_FOUND: {
    reaction: 'Fatal',
    meaning: 'There is no store in the data directory, so there is nothing to verify.',
    next: 'Correct DATA_DIR; the program prints the path of its store when it starts.',
  },
} as const satisfies FaultCodes;
