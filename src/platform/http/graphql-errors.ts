import { unwrapResolverError } from '@apollo/server/errors';
import type { GraphQLFormattedError } from 'graphql';
import { answerOf } from './fault-filter.js';
import { Fault } from '../../streaming/index.js';

const callersOwn = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'REQUEST_INVALID',
  'QUERY_TOO_LARGE',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

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
    if (!(error instanceof Fault) && typeof code === 'string' && callersOwn.has(code)) {
      return { ...place, message: formatted.message, extensions: { code } };
    }
    const { body } = answerOf(error);
    if (body.code === 'UNEXPECTED') onUnexpected(error);
    const { message, ...extensions } = body;
    return { ...place, message, extensions };
  };
