import type { FaultCodes } from '../../streaming/index.js';

export const filesErrors = {
  INCOMING_DIR_NOT_USABLE: {
    reaction: 'Fatal',
    meaning: 'The folder for CDR files cannot be made or watched.',
    next: 'Give MOBILECS_INCOMING_DATA_RECORDS_DIR a folder this user may write.',
  },
} as const satisfies FaultCodes;
