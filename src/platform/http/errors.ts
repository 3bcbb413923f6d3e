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
    next: 'Send it in parts, or raise MAX_BODY_BYTES.',
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
  ROUTE_UNKNOWN: {
    reaction: 'BadRecord',
    meaning: 'There is nothing at this address with this method.',
    next: 'See /api/docs for the addresses there are and their methods.',
  },
  QUERY_TOO_LARGE: {
    reaction: 'BadRecord',
    meaning: 'The GraphQL query is nested too deeply or asks for too many fields.',
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
  NOT_READY: {
    reaction: 'Retry',
    meaning: 'The task that counts is not running.',
    next: 'Ask again in a moment; when it stays so, read the log of the program.',
  },
  UNEXPECTED: {
    reaction: 'Fatal',
    meaning: 'The program has a fault; the log of the program has the details.',
    next: 'Report it with the log lines of that moment.',
  },
} as const satisfies FaultCodes;
