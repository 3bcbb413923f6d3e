import type { FaultCodes } from '../../streaming/index.js';

export const filesErrors = {
  INCOMING_DIR_NOT_USABLE: {
    reaction: 'Fatal',
    meaning: 'The folder for CDR files cannot be made or watched.',
    next: 'Give MOBILECS_INCOMING_DATA_RECORDS_DIR a folder this user may write.',
  },
  INCOMING_DIR_IN_USE: {
    reaction: 'Fatal',
    meaning: 'Another store imports the files of this folder, or of one in it or around it.',
    next:
      'Give each store a folder of its own, or stop the other process; after one that was killed ' +
      'the folder is free in 15 seconds.',
  },
} as const satisfies FaultCodes;
