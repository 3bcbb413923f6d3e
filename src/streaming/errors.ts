import type { FaultCodes } from './fault.js';

export const streamingErrors = {
  LOG_SHORTER_THAN_POSITION: {
    reaction: 'StateCorrupt',
    meaning: 'The log ends before the position that was committed.',
    next: 'Restore the data directory from a backup; do not delete parts of it by hand.',
  },
  POSITION_MOVED: {
    reaction: 'Fenced',
    meaning: 'Another process has counted on since this one asked for the position.',
    next: 'Nothing: that is how partitions move.',
  },
  POSITION_LOST: {
    reaction: 'StateCorrupt',
    meaning: 'The committed position of a partition is gone or lies behind a saved state.',
    next: 'Set the group back to where it was, as docs/OPERATING.md tells under "Positions lost".',
  },
  APPEND_UNDONE: {
    reaction: 'Retry',
    meaning: 'The transaction of an append failed; nothing of it was kept.',
    next: 'Send it again; the import of files goes on by itself.',
  },
  LOG_FAILED: {
    reaction: 'StateCorrupt',
    meaning: 'The task that counts has failed, so no more input is taken.',
    next: 'Read in the log of the program why, mend that, start it again; then send it again.',
  },
  LOG_CLOSED: {
    reaction: 'Retry',
    meaning: 'The program is stopping and takes no more input.',
    next: 'Send it again when the program runs.',
  },
} as const satisfies FaultCodes;
