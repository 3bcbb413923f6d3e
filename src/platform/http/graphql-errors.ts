import { unwrapResolverError } from '@apollo/server/errors';
import type { GraphQLFormattedError } from 'graphql';
import { httpErrors } from './errors.js';
import { answerOf } from './fault-filter.js';
import { Fault } from '../../streaming/index.js';

const correctQuery = 'Correct the query; the page /graphiql shows what can be asked.';
const correctVariables = 'Correct the variables; the page /graphiql shows their types.';
const sendWhole = 'Send {"query": "…", "variables": {…}} as application/json with POST.';

/** The caller's own mistakes, by the codes GraphQL servers have for them, and what to do next. */
const callersOwn: ReadonlyMap<unknown, string> = new Map([
  ['GRAPHQL_PARSE_FAILED', correctQuery],
  ['GRAPHQL_VALIDATION_FAILED', correctQuery],
  ['BAD_USER_INPUT', correctVariables],
  ['BAD_REQUEST', sendWhole],
  ['REQUEST_INVALID', correctVariables],
  ['QUERY_TOO_LARGE', httpErrors.QUERY_TOO_LARGE.next],
  ['OPERATION_RESOLUTION_FAILURE', correctQuery],
  ['PERSISTED_QUERY_NOT_FOUND', sendWhole],
  ['PERSISTED_QUERY_NOT_SUPPORTED', sendWhole],
]);

const longestMessage = 500;

/** What was sent is repeated in some messages, however long it was. */
const shortened = (message: string): string =>
  message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message;

/**
 * An error as GraphQL answers it: a Fault with its code and next step in `extensions`, the
 * caller's own mistakes as they are, anything else as UNEXPECTED without its text.
 */
export const graphqlErrorOf =
  (onUnexpected: (error: unknown) => void) =>
  (formatted: GraphQLFormattedError, thrown: unknown): GraphQLFormattedError => {
    const error = unwrapResolverError(thrown);
    const place = { locations: formatted.locations, path: formatted.path };
    const code = formatted.extensions?.code;
    const next = error instanceof Fault ? undefined : callersOwn.get(code);
    if (next !== undefined) {
      return { ...place, message: shortened(formatted.message), extensions: { code, next } };
    }
    const { body } = answerOf(error);
    if (body.code === 'UNEXPECTED') onUnexpected(error);
    const { message, ...extensions } = body;
    return { ...place, message, extensions };
  };
