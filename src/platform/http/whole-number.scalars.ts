import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

/** Int of GraphQL has only 32 bits. Integers of the query itself are taken only when exact. */
const wholeNumberScalar = (options: {
  readonly name: string;
  readonly what: string;
  readonly least: number;
}): GraphQLScalarType<number, number> => {
  const { name, what, least } = options;
  const read = (value: unknown): number => {
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= least) {
      return number;
    }
    throw new GraphQLError(`${what} is a whole number from ${least} to 2^53 - 1`, {
      extensions: { code: 'REQUEST_INVALID' },
    });
  };
  return new GraphQLScalarType<number, number>({
    name,
    description: `A whole JSON number from ${least} to 9007199254740991: ${what}.`,
    serialize: read,
    parseValue: read,
    parseLiteral: (node) => read(node.kind === Kind.INT ? Number(node.value) : undefined),
  });
};

/** A count of bytes as a JSON number, up to 2^53 − 1. */
export const byteCountScalar = wholeNumberScalar({
  name: 'ByteCount',
  what: 'a number of bytes',
  least: 0,
});

/** A place in a log; −1 is before the first. */
export const offsetScalar = wholeNumberScalar({
  name: 'Offset',
  what: 'a place in a log, or a number of places',
  least: -1,
});
