import type { FaultCodes } from '../../streaming/index.js';

export const embeddedErrors = {
  STORE_IN_USE: {
    reaction: 'Fatal',
    meaning: 'Another process holds the store.',
    next: 'Stop the process that is named, or give this one another DATA_DIR.',
  },
  STORE_NOT_WRITABLE: {
    reaction: 'Fatal',
    meaning: 'The data directory cannot be made or written.',
    next: 'Give DATA_DIR a directory this user may write, on a disk that is not read-only.',
  },
  STORE_UNREADABLE: {
    reaction: 'StateCorrupt',
    meaning:
      'The store file or its log is not what was written, and it is no torn tail of a crash.',
    next: 'Look after the disk, then run `npm run repair`, which says first what it can keep.',
  },
  STORE_FILE_MISSING: {
    reaction: 'StateCorrupt',
    meaning: 'The store file is not there, but its log is: a start would throw the log away.',
    next:
      'Put overage.duckdb back beside its log; when it is lost, run `npm run repair`, which ' +
      'makes a new store of what the log has.',
  },
  STORE_OTHER_SCHEMA: {
    reaction: 'Fatal',
    meaning: 'The store was made by another version of the program.',
    next: 'Start the version that made it, or give this one a new DATA_DIR.',
  },
  LOG_EVENTS_MISSING: {
    reaction: 'StateCorrupt',
    meaning: 'Events in the middle of the log are missing, or are there twice.',
    next: 'Stop the program, then run `npm run repair`, which says first what it can keep.',
  },
  STORE_DAMAGED: {
    reaction: 'StateCorrupt',
    meaning:
      'A part of the store on the disk is not what was written; nothing is written any more.',
    next: 'Stop the program, look after the disk, then run `npm run repair` or restore a backup.',
  },
  STORE_REMOVED: {
    reaction: 'StateCorrupt',
    meaning: 'The store file or its log was removed or replaced while the program runs.',
    next: 'Stop the program, put the files back as they were, start it again.',
  },
  STORE_EVENTS_MISSING: {
    reaction: 'Warn',
    meaning:
      'Events that were acknowledged are not in the store: its log is missing, or it is old.',
    next:
      'Stop the program and put back the right files of DATA_DIR, or deliver the files and ' +
      'records of that time again, what is known is a duplicate; then remove overage.duckdb.mark.',
  },
  STORE_EXCHANGED: {
    reaction: 'Warn',
    meaning: 'The store is not the one that ran here before.',
    next:
      'Stop the program and put back the right files of DATA_DIR, or deliver all files and ' +
      'records again; then remove overage.duckdb.mark.',
  },
  STORE_BUSY: {
    reaction: 'Retry',
    meaning: 'Counting needs the memory of the store, so nothing is answered from it just now.',
    next: 'Ask again in a moment; when it stays so, give it more STORE_MEMORY_LIMIT.',
  },
  STORE_WRITE_FAILED: {
    reaction: 'Retry',
    meaning: 'A transaction failed; what is kept is read from the store, opened anew.',
    next: 'It is tried again by itself; when it goes on, look at the disk.',
  },
  STORE_READ_FAILED: {
    reaction: 'Retry',
    meaning: 'The store could not be read.',
    next: 'It is tried again by itself; when it goes on, look at the disk and the memory.',
  },
  STORE_CLOSED: {
    reaction: 'Retry',
    meaning: 'The store is closed because the program is stopping.',
    next: 'Send it again when the program runs.',
  },
  DISK_FULL: {
    reaction: 'Retry',
    meaning: 'The disk is full; the transaction was undone.',
    next: 'Make room on the disk of DATA_DIR; it then goes on by itself.',
  },
  VALUE_NOT_STORABLE: {
    reaction: 'Fatal',
    meaning: 'The program tried to store a value that its column cannot hold.',
    next: 'Report it: this is a bug. Nothing of the transaction was kept.',
  },
} as const satisfies FaultCodes;
