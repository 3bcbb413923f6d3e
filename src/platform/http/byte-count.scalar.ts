import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

const byteCount = (value: unknown): number => {
  const count = typeof value === 'bigint' ? Number(value) : value;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw new GraphQLError('a byte count is a whole number from 0 to 2^53 - 1', {
    extensions: { code: 'REQUEST_INVALID' },
  });
};

/**
 * A count of bytes as a JSON number, up to 2^53 − 1: Int of GraphQL has only 32 bits. Integers
 * that are written in the query itself are taken only when they are exact.
 */
export const byteCountScalar = new GraphQLScalarType<number, number>({
  name: 'ByteCount',
  description: 'A number of bytes: a whole JSON number from 0 to 9007199254740991.',
  serialize: byteCount,
  parseValue: byteCount,
  parseLiteral: (node) => byteCount(node.kind === Kind.INT ? Number(node.value) : undefined),
});
