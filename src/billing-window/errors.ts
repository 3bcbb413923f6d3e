import type { FaultCodes } from '../streaming/index.js';

export const billingWindowErrors = {
  SNAPSHOT_CUT_OFF: {
    reaction: 'StateCorrupt',
    meaning: 'A snapshot of the state ends before its end.',
    next: 'Delete the file in DATA_DIR/snapshots; the next start reads the log instead.',
  },
} as const satisfies FaultCodes;
