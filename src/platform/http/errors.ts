import type { FaultCodes } from '../../streaming/index.js';

export const httpErrors = {
  BODY_NOT_JSON: {
    reaction: 'BadRecord',
    meaning: 'The body of the request is not JSON in UTF-8.',
    next: 'Send JSON in UTF-8, or one JSON object a line as application/x-ndjson.',
  },
  BODY_TOO_LARGE: {
    reaction: 'BadRecord',
    meaning: 'The body of the request is over the limit.',
    next: 'Send it in parts; many at once as NDJSON, whose bound is MAX_BODY_BYTES.',
  },
  BODY_TOO_COMPLEX: {
    reaction: 'BadRecord',
    meaning: 'The JSON has over 64 levels, an object of over 1,000 fields, or over 100,000 values.',
    next: 'Send objects of the shape that /api/docs shows; many at once as NDJSON.',
  },
  BODY_TYPE_UNKNOWN: {
    reaction: 'BadRecord',
    meaning: 'The content type of the request is not one this address reads.',
    next: 'Send application/json or application/x-ndjson.',
  },
  REQUEST_INVALID: {
    reaction: 'BadRecord',
    meaning: 'A parameter or a field of the request is missing, unknown or out of bounds.',
    next: 'Correct the fields that the message names; /api/docs lists them all.',
  },
  BODY_LINE_TOO_LONG: {
    reaction: 'BadRecord',
    meaning: 'A line of the body is over 16 KiB; no agreement and no record is as long.',
    next: 'Look for a lost line break, then send the line again.',
  },
  BODY_LINES_TOO_MANY: {
    reaction: 'BadRecord',
    meaning: 'The body has more than a million lines; those up to `lines` were taken.',
    next: 'Send the lines behind those in another request.',
  },
  BODY_ENCODING_UNKNOWN: {
    reaction: 'BadRecord',
    meaning: 'The content encoding of the request is not one that is read.',
    next: 'Send the body as it is, or with content-encoding gzip.',
  },
  BODY_NOT_GZIP: {
    reaction: 'BadRecord',
    meaning: 'The body cannot be unpacked to its end as gzip.',
    next: 'Pack it again; lines up to `lines` were taken, and sending them again is safe.',
  },
  HOST_UNKNOWN: {
    reaction: 'BadRecord',
    meaning: 'The program was asked under a host name that it does not know as its own.',
    next: 'Use its address or localhost; list the names of a proxy in ALLOWED_HOSTS.',
  },
  ORIGIN_FOREIGN: {
    reaction: 'BadRecord',
    meaning: 'A page of another site asked for a change; pages may only change their own.',
    next: 'Ask without a browser; list the name of your proxy in ALLOWED_HOSTS.',
  },
  METHOD_NOT_ALLOWED: {
    reaction: 'BadRecord',
    meaning: 'The address does not have this method.',
    next: 'Use one of the methods in the header Allow; /api/docs lists them.',
  },
  REQUEST_TOO_SLOW: {
    reaction: 'BadRecord',
    meaning: 'The request did not arrive whole in time.',
    next: 'Send it again, in smaller parts when the line is slow.',
  },
  ROUTE_UNKNOWN: {
    reaction: 'BadRecord',
    meaning: 'There is nothing at this address.',
    next: 'See /api/docs for the addresses there are and their methods.',
  },
  QUERY_TOO_LARGE: {
    reaction: 'BadRecord',
    meaning: 'The GraphQL query is nested too deeply, has too many fields or costs too much.',
    next: 'Ask for less in one query.',
  },
  ADDRESS_NOT_USABLE: {
    reaction: 'Fatal',
    meaning: 'The program cannot listen on this host and port.',
    next: 'Set HOST to an address of this machine and PORT to one this user may open.',
  },
  ADDRESS_IN_USE: {
    reaction: 'Fatal',
    meaning: 'Another program listens on this host and port.',
    next: 'Stop that program, or set PORT to another one; 0 takes any free port.',
  },
  ANSWERS_UNREAD: {
    reaction: 'Retry',
    meaning: 'Answers that their callers do not read fill the memory there is for them.',
    next: 'Ask again in a moment, for less at once; read each answer before the next question.',
  },
  NOT_READY: {
    reaction: 'Retry',
    meaning: 'The task that counts is not running.',
    next: 'Ask again in a moment; when it stays so, read the log of the program.',
  },
  TASK_FAILED: {
    reaction: 'StateCorrupt',
    meaning: 'The task that counts has failed, so nothing is counted any more.',
    next: 'Read in the log why, mend that, then start the program again.',
  },
  UNEXPECTED: {
    reaction: 'Fatal',
    meaning: 'The program has a fault; the log of the program has the details.',
    next: 'Report it with the log lines of that moment.',
  },
} as const satisfies FaultCodes;
