import type { FaultCodes } from './fault.js';

export const streamingErrors = {
  LOG_SHORTER_THAN_POSITION: {
    reaction: 'StateCorrupt',
    meaning: 'The log ends before the position that was committed.',
    next: 'Restore the data directory from a backup; do not delete parts of it by hand.',
  },
  APPEND_UNDONE: {
    reaction: 'Retry',
    meaning: 'The transaction of an append failed; nothing of it was kept.',
    next: 'Send it again; the import of files goes on by itself.',
  },
  LOG_CLOSED: {
    reaction: 'Retry',
    meaning: 'The program is stopping and takes no more input.',
    next: 'Send it again when the program runs.',
  },
} as const satisfies FaultCodes;
