import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DOUBLE,
  DuckDBBlobValue,
  DuckDBDecimalValue,
  DuckDBUUIDValue,
  HUGEINT,
  LIST,
  SQLNULL,
  UUID,
  VARCHAR,
  blobValue,
  listValue,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';

/**
 * A parameter of a query: a whole number is a BIGINT, four words are a UUID, a Float64Array is a
 * list of BIGINT and an array of strings a list of VARCHAR (both for `unnest`).
 */
export type QueryParameter =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | Uint32Array
  | Float64Array
  | readonly string[];

interface Bound {
  readonly value: DuckDBValue;
  readonly type: DuckDBType;
}

const uuidOf = (words: Uint32Array): DuckDBUUIDValue => {
  if (words.length !== 4) throw new TypeError(`a UUID has 4 words, not ${words.length}`);
  let value = 0n;
  for (const word of words) value = (value << 32n) | BigInt(word);
  return DuckDBUUIDValue.fromUint128(value);
};

const INT64_END = 1n << 63n;

const bindObject = (value: Uint8Array | Uint32Array | Float64Array | readonly string[]): Bound => {
  if (value instanceof Uint8Array) return { value: blobValue(value), type: BLOB };
  if (value instanceof Uint32Array) return { value: uuidOf(value), type: UUID };
  if (value instanceof Float64Array) {
    return { value: listValue(Array.from(value, BigInt)), type: LIST(BIGINT) };
  }
  return { value: listValue([...value]), type: LIST(VARCHAR) };
};

const bind = (value: QueryParameter): Bound => {
  if (value === null) return { value, type: SQLNULL };
  switch (typeof value) {
    case 'number':
      return Number.isSafeInteger(value)
        ? { value: BigInt(value), type: BIGINT }
        : { value, type: DOUBLE };
    case 'bigint':
      return { value, type: value >= -INT64_END && value < INT64_END ? BIGINT : HUGEINT };
    case 'string':
      return { value, type: VARCHAR };
    case 'boolean':
      return { value, type: BOOLEAN };
    default:
      return bindObject(value);
  }
};

/** Values and types as DuckDB takes them; a BIGINT column is then compared without a cast. */
export const bindParameters = (
  parameters: readonly QueryParameter[],
): { values: DuckDBValue[]; types: DuckDBType[] } => {
  const bound = parameters.map(bind);
  return { values: bound.map(({ value }) => value), types: bound.map(({ type }) => type) };
};

const isSafe = (value: bigint): boolean =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER);

/**
 * A value of a result row: whole numbers as number when that is exact, a HUGEINT (a sum) beyond
 * it as bigint, a UUID as text, a BLOB as bytes, a DECIMAL as number, NULL as null.
 * Throws RangeError for a BIGINT beyond 2^53 - 1.
 */
export const plainValue = (value: DuckDBValue, type: DuckDBType): unknown => {
  if (typeof value === 'bigint') {
    if (isSafe(value)) return Number(value);
    if (type === HUGEINT) return value;
    throw new RangeError(`${value} is beyond 2^53 - 1`);
  }
  if (value instanceof DuckDBUUIDValue) return value.toString();
  if (value instanceof DuckDBBlobValue) return new Uint8Array(value.bytes);
  if (value instanceof DuckDBDecimalValue) return value.toDouble();
  return value;
};
