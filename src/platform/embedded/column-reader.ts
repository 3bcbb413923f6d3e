import type { DuckDBMaterializedResult } from '@duckdb/node-api';
import bindings from '@duckdb/node-bindings';
import type { ColumnBatch, ColumnKind, TableSchema } from '../../streaming/index.js';
import { duckdbKinds } from './column-kinds.js';

/** One vector of a result, and where its first row goes. */
interface Source {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly to: number;
}

/** A column that fills up; the arrays are its own and may be kept by the reader. */
interface Target {
  readonly values: Float64Array | Int32Array | Uint8Array | Uint32Array | string[] | Uint8Array[];
  fill(source: Source): void;
  /** What stands where the store has NULL. */
  clear(row: number): void;
}

const TWO_32 = 4294967296;

const view32 = (bytes: Uint8Array): Int32Array =>
  new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);

const bigintTarget = (length: number): Target => {
  const values = new Float64Array(length);
  return {
    values,
    clear: (row) => void (values[row] = 0),
    fill: ({ bytes, rows, to }) => {
      const words = view32(bytes);
      for (let row = 0; row < rows; row++) {
        const value = words[row * 2 + 1] * TWO_32 + (words[row * 2] >>> 0);
        if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is beyond 2^53 - 1`);
        values[to + row] = value;
      }
    },
  };
};

const integerTarget = (length: number): Target => {
  const values = new Int32Array(length);
  return {
    values,
    clear: (row) => void (values[row] = 0),
    fill: ({ bytes, to }) => values.set(view32(bytes), to),
  };
};

const tinyintTarget = (length: number): Target => {
  const values = new Uint8Array(length);
  return {
    values,
    clear: (row) => void (values[row] = 0),
    fill: ({ bytes, to }) => values.set(bytes, to),
  };
};

const uuidTarget = (length: number): Target => {
  const values = new Uint32Array(length * 4);
  return {
    values,
    clear: (row) => void values.fill(0, row * 4, row * 4 + 4),
    fill: ({ bytes, rows, to }) => {
      const words = view32(bytes);
      for (let from = 0, at = to * 4; from < rows * 4; from += 4, at += 4) {
        values[at] = words[from + 3] ^ 0x80000000;
        values[at + 1] = words[from + 2];
        values[at + 2] = words[from + 1];
        values[at + 3] = words[from];
      }
    },
  };
};

const noBytes = new Uint8Array(0);

/** Up to 12 bytes lie in the vector itself, more behind a pointer. Always a copy. */
const stringBytes = (bytes: Uint8Array, row: number): Uint8Array => {
  const at = row * 16;
  const length =
    (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
  if (length === 0) return noBytes;
  if (length <= 12) return bytes.slice(at + 4, at + 4 + length);
  const buffer = bytes.buffer as ArrayBuffer;
  return bindings.get_data_from_pointer(buffer, bytes.byteOffset + at + 8, length).slice();
};

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const textTarget = (length: number): Target => {
  const values = new Array<string>(length).fill('');
  return {
    values,
    clear: (row) => void (values[row] = ''),
    fill: ({ bytes, rows, to }) => {
      for (let row = 0; row < rows; row++) {
        const text = stringBytes(bytes, row);
        if (text.length > 0) values[to + row] = decoder.decode(text);
      }
    },
  };
};

const blobTarget = (length: number): Target => {
  const values = new Array<Uint8Array>(length).fill(noBytes);
  return {
    values,
    clear: (row) => void (values[row] = noBytes),
    fill: ({ bytes, rows, to }) => {
      for (let row = 0; row < rows; row++) {
        values[to + row] = new Uint8Array(stringBytes(bytes, row));
      }
    },
  };
};

const newTarget: Readonly<Record<ColumnKind, (length: number) => Target>> = {
  bigint: bigintTarget,
  integer: integerTarget,
  tinyint: tinyintTarget,
  uuid: uuidTarget,
  text: textTarget,
  blob: blobTarget,
};

/** A NULL has undefined bytes in the vector, so it is cleared first and set after the fill. */
const nullRows = (validity: Uint8Array | null, rows: number): number[] => {
  if (!validity) return [];
  const found: number[] = [];
  for (let row = 0; row < rows; row++) {
    if ((validity[row >> 3] & (1 << (row & 7))) === 0) found.push(row);
  }
  return found;
};

/** DuckDB leaves whatever was there under a NULL; zero bytes are safe to read for every kind. */
const readVector = (vector: Vector, rows: number, bytesPerRow: number): [Uint8Array, number[]] => {
  const bytes = bindings.vector_get_data(vector, rows * bytesPerRow);
  const validity = bindings.vector_get_validity(vector, Math.ceil(rows / 64) * 8);
  const nulls = nullRows(validity, rows);
  for (const row of nulls) bytes.fill(0, row * bytesPerRow, (row + 1) * bytesPerRow);
  return [bytes, nulls];
};

type Vector = ReturnType<typeof bindings.data_chunk_get_vector>;

const checkTypes = (result: DuckDBMaterializedResult, schema: TableSchema): void => {
  schema.columns.forEach(({ name, kind }, index) => {
    const is = index < result.columnCount ? String(result.columnType(index)) : 'missing';
    if (is === duckdbKinds[kind].sql) return;
    throw new TypeError(`column ${index} (${name}) is ${is}, not ${duckdbKinds[kind].sql}`);
  });
};

/**
 * A whole result as typed arrays of its own, column by column in the order of the schema.
 * NULL becomes 0, the nil UUID, or empty. Throws TypeError when a column has another type than
 * its kind (cast in the query), RangeError for a BIGINT beyond 2^53 - 1.
 */
export const readColumns = (result: DuckDBMaterializedResult, schema: TableSchema): ColumnBatch => {
  checkTypes(result, schema);
  const length = result.rowCount;
  const targets = schema.columns.map(({ kind }) => newTarget[kind](length));
  const chunks = result.chunkCount;
  for (let chunkIndex = 0, to = 0; chunkIndex < chunks; chunkIndex++) {
    const chunk = result.getChunk(chunkIndex);
    const rows = chunk.rowCount;
    schema.columns.forEach(({ kind }, index) => {
      const vector = bindings.data_chunk_get_vector(chunk.chunk, index);
      const [bytes, nulls] = readVector(vector, rows, duckdbKinds[kind].bytes);
      targets[index].fill({ bytes, rows, to });
      for (const row of nulls) targets[index].clear(to + row);
    });
    to += chunk.rowCount; // asked again: the chunk must live as long as its memory is read
  }
  return { schema, length, column: (index) => targets[index].values };
};
