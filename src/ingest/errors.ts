import type { FaultCodes } from '../streaming/index.js';

export const ingestErrors = {
  CONFLICTING_RECORD: {
    reaction: 'BadRecord',
    meaning: 'A record with the same MSISDN, time and id is known with other bytes.',
    next: 'If the new figure is right, correct the record: PUT /api/data-records/:agreementId.',
  },
  TOTAL_OUT_OF_RANGE: {
    reaction: 'BadRecord',
    meaning: 'The total of the billing period would pass 2^53 - 1 bytes.',
    next: 'Check the record at its source; no subscriber uses 8 PiB in a period.',
  },
  RECORD_OF_ANOTHER_AGREEMENT: {
    reaction: 'BadRecord',
    meaning: 'The record is counted under another agreement, or still waits for one.',
    next: 'Correct it under the agreement that explain names.',
  },
  AGREEMENT_NOT_IN_FORCE: {
    reaction: 'BadRecord',
    meaning: 'The agreement is not the one in force at the time of the record.',
    next: 'Use the agreement that is in force at that time.',
  },
} as const satisfies FaultCodes;

/** Codes of messages that other producers wrote to the topic. */
export const kafkaEventErrors = {
  EVENT_UNREADABLE: {
    reaction: 'BadRecord',
    meaning: 'A message of the topic cannot be read: its type, its key or its JSON.',
    next: 'Compare it with the wire contract, correct it at its producer, and send it again.',
  },
  EVENT_IN_WRONG_PARTITION: {
    reaction: 'BadRecord',
    meaning: 'The message stands in another partition than its MSISDN belongs to.',
    next: 'Send it again with the MSISDN as key, and the partitioner of the Java client.',
  },
} as const satisfies FaultCodes;

/** Codes of events that are sent in the cluster. */
export const usageInputErrors = {
  NOT_COUNTED_YET: {
    reaction: 'Retry',
    meaning: 'The events are in the log, but the task of their partition has not come to them.',
    next: 'Look at GET /api/partitions for its lag; sending them again is safe.',
  },
} as const satisfies FaultCodes;

/** Codes of requests about feeds. */
export const feedErrors = {
  FEED_UNKNOWN: {
    reaction: 'BadRecord',
    meaning: 'There is no feed of this name.',
    next: 'See GET /api/feeds; a sub-folder of the incoming folder is a feed once it has a file.',
  },
  FEED_TIME_IN_FUTURE: {
    reaction: 'BadRecord',
    meaning: 'A feed cannot be complete through a time that has not come yet.',
    next: 'Send a time that has passed.',
  },
  PARTITION_NOT_RUNNING: {
    reaction: 'Retry',
    meaning: 'The task that counts is not running at the moment.',
    next: 'Ask again in a moment; GET /health/ready says when it runs.',
  },
} as const satisfies FaultCodes;

/** Codes of records that are sent in a request. */
export const recordErrors = {
  RECORD_INVALID: {
    reaction: 'BadRecord',
    meaning: 'A field of the record is missing, unknown or not what it has to be.',
    next: 'Send externalId, recordedAt, msisdn, recordedBytes, and internalId if there is one.',
  },
  RECORD_IN_FUTURE: {
    reaction: 'BadRecord',
    meaning: 'The record was recorded further in the future than MAX_FUTURE_SKEW allows.',
    next: 'Check the clock of the source.',
  },
} as const satisfies FaultCodes;
