import type { FaultCodes } from '../streaming/fault.js';

export const generatorErrors = {
  GENERATE_BATCH_SIZE_INVALID: {
    reaction: 'BadRecord',
    meaning: 'batch-size of a generate call is not a whole number from 1 to 1,000,000.',
    next: 'Leave it out for 1, or send a number in that range.',
  },
  GENERATE_MONTHS_INVALID: {
    reaction: 'BadRecord',
    meaning: 'months of a generate call is not a whole number from 1 to 120.',
    next: 'Leave it out for 1, or send a number in that range.',
  },
  GENERATE_AGREEMENT_REFUSED: {
    reaction: 'BadRecord',
    meaning: 'An agreement of the demo data has the id of another one in this store.',
    next: 'Use the generator on a data directory of its own.',
  },
} as const satisfies FaultCodes;
