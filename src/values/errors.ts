import type { FaultCodes } from '../streaming/index.js';
import type { ZonedDateTimeProblem } from './zoned-date-time.js';

/** Codes of a text that is not a zoned date and time; one per answer of zonedDateTimeProblem. */
export const timeErrors = {
  TIME_WITHOUT_OFFSET: {
    reaction: 'BadRecord',
    meaning: 'The time has no offset, so it names no instant; a zone alone is not enough.',
    next: 'Write the offset behind the time, for example 2020-01-02T00:00+01:00[Europe/Warsaw].',
  },
  TIME_UNKNOWN_ZONE: {
    reaction: 'BadRecord',
    meaning: 'The zone in brackets behind the time is not known.',
    next: 'Write the IANA name of the zone in its own spelling, or leave the brackets out.',
  },
  TIME_IMPOSSIBLE: {
    reaction: 'BadRecord',
    meaning: 'The date, the time of day or the offset does not exist; years are 1 to 9999.',
    next: 'Correct the time.',
  },
  TIME_MALFORMED: {
    reaction: 'BadRecord',
    meaning: 'The text is not a date and time as Java writes a ZonedDateTime.',
    next: 'Write it like 2020-01-02T00:00:00.123+01:00[Europe/Warsaw].',
  },
} as const satisfies FaultCodes & Record<ZonedDateTimeProblem, unknown>;
