import type { FaultCodes } from '../streaming/index.js';

export const dataRecordsErrors = {
  CORRECTION_IN_FUTURE: {
    reaction: 'BadRecord',
    meaning: 'The record would be further in the future than MAX_FUTURE_SKEW allows.',
    next: 'Check recordedAt.',
  },
  CORRECTION_REFUSED: {
    reaction: 'BadRecord',
    meaning: 'The correction does not fit what is counted.',
    next: 'See GET /api/data-records/:agreementId/:year/:month/explain for what is counted.',
  },
} as const satisfies FaultCodes;
