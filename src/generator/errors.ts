import type { FaultCodes } from '../streaming/fault.js';

const sendInRange = 'Leave it out for 1, or send a number in that range.';

export const generatorErrors = {
  GENERATOR_OFF: {
    reaction: 'BadRecord',
    meaning: 'Demo data is switched off, so that none gets between records that count.',
    next: 'To try the program, start it with GENERATOR=on on an empty data directory.',
  },
  GENERATE_BATCH_SIZE_INVALID: {
    reaction: 'BadRecord',
    meaning: 'batch-size of a generate call is not a whole number from 1 to 50,000.',
    next: sendInRange,
  },
  GENERATE_MONTHS_INVALID: {
    reaction: 'BadRecord',
    meaning: 'months of a generate call is not a whole number from 1 to 120.',
    next: sendInRange,
  },
  GENERATE_TOO_MUCH: {
    reaction: 'BadRecord',
    meaning: 'batch-size times months of a generate call is over 160,000.',
    next: 'Make the data in several calls; each goes on where the last one ended.',
  },
  GENERATE_UP_TO_NOW: {
    reaction: 'BadRecord',
    meaning: 'The demo data has come to the present; more would be in the future.',
    next: 'Use what there is, or start again on an empty data directory.',
  },
  GENERATE_DISK_FULL: {
    reaction: 'Retry',
    meaning: 'There is no room for the demo data and for what is stored of it.',
    next: 'Make room on the disk of the incoming folder, or ask for less.',
  },
  GENERATE_AGREEMENT_REFUSED: {
    reaction: 'BadRecord',
    meaning: 'An agreement of the demo data has the id of another one in this store.',
    next: 'Use the generator on a data directory of its own.',
  },
} as const satisfies FaultCodes;
