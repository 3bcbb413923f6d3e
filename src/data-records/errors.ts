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
  CLIENT_GONE: {
    reaction: 'BadRecord',
    meaning: 'The client closed the connection before it was answered; nothing more was read.',
    next: 'Ask again, with a longer timeout or for smaller pages.',
  },
  TOTAL_NOT_KEPT: {
    reaction: 'BadRecord',
    meaning: 'No task of this process knows the agreement now; only other processes ask for this.',
    next: 'Ask GET /api/data-records/:agreementId/:year/:month/total-data-used.',
  },
  PERIOD_NEEDS_PAGES: {
    reaction: 'BadRecord',
    meaning: 'The period has more records than one answer holds.',
    next:
      'Ask with limit, then again with after: recordedAt/internalRecordId of the last record; or ' +
      'read GET /api/data-records/:agreementId/:year/:month, which streams all.',
  },
} as const satisfies FaultCodes;
