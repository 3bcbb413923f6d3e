import type { FaultCodes } from '../streaming/index.js';

export const billingWindowErrors = {
  SNAPSHOT_CUT_OFF: {
    reaction: 'StateCorrupt',
    meaning: 'A snapshot of the state ends before its end.',
    next: 'Delete the file in DATA_DIR/snapshots; the next start reads the log instead.',
  },
} as const satisfies FaultCodes;

/** Codes of requests for messages. */
export const messagesErrors = {
  CURSOR_BEYOND_END: {
    reaction: 'BadRecord',
    meaning: 'The cursor is behind the last message there is; it is of another store or topic.',
    next: 'Ask with after=-1, or with the cursor of a message that this program sent.',
  },
} as const satisfies FaultCodes;
