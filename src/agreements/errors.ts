import type { FaultCodes } from '../streaming/fault.js';

export const agreementsErrors = {
  AGREEMENT_NOT_OBJECT: {
    reaction: 'BadRecord',
    meaning: 'The agreement is not a JSON object.',
    next: 'Send one object with the six fields of an agreement.',
  },
  AGREEMENT_FIELD_UNKNOWN: {
    reaction: 'BadRecord',
    meaning: 'The agreement has a field that agreements do not have.',
    next: 'Remove the field or correct its name.',
  },
  AGREEMENT_FIELD_MISSING: {
    reaction: 'BadRecord',
    meaning: 'A field of the agreement is missing or null.',
    next: 'Send all six fields.',
  },
  AGREEMENT_ID_INVALID: {
    reaction: 'BadRecord',
    meaning: 'The id of the agreement is not a UUID, or it is the UUID of zeros only.',
    next: 'Give the agreement a UUID as its id.',
  },
  AGREEMENT_MSISDN_INVALID: {
    reaction: 'BadRecord',
    meaning: 'The MSISDN is not 1 to 15 digits without a leading zero.',
    next: 'Write the number in international form without the plus sign.',
  },
  AGREEMENT_TIME_INVALID: {
    reaction: 'BadRecord',
    meaning: 'signedAt or serviceStartAt is not a date and time with an offset.',
    next: 'Write it as ISO 8601 with an offset, for example 2020-01-01T00:00+01:00[Europe/Warsaw].',
  },
  AGREEMENT_ZONE_UNKNOWN: {
    reaction: 'BadRecord',
    meaning: 'The time zone of the billing period is not a known IANA zone.',
    next: 'Write the IANA name of the zone, for example Europe/Warsaw.',
  },
  AGREEMENT_ALLOWANCE_INVALID: {
    reaction: 'BadRecord',
    meaning: 'The allowance is not a whole number of bytes from 0 to 2^53 - 1.',
    next: 'Write maxBytesInBillingPeriod as a whole JSON number.',
  },
  AGREEMENT_CONFLICT: {
    reaction: 'BadRecord',
    meaning: 'An agreement with this id and other content exists; agreements never change.',
    next: 'Send the change as a new agreement with an id of its own.',
  },
  AGREEMENT_ZONE_NOT_IN_RUNTIME: {
    reaction: 'Fatal',
    meaning: 'A stored agreement names a time zone that the tz data of this Node does not know.',
    next: 'Run the Node version that accepted the agreement, or a newer one.',
  },
  AGREEMENT_SNAPSHOT_CORRUPT: {
    reaction: 'StateCorrupt',
    meaning: 'The saved agreements are cut off or do not fit together.',
    next: 'Nothing by hand: an older snapshot or the log is used instead.',
  },
} as const satisfies FaultCodes;

/** Codes of requests about agreements that are in the store. */
export const agreementEdgeErrors = {
  AGREEMENT_UNKNOWN: {
    reaction: 'BadRecord',
    meaning: 'There is no agreement with this id.',
    next: 'Look for its id with GET /api/agreements?msisdn=, or add it with POST /api/agreements.',
  },
} as const satisfies FaultCodes;
