import { DuckDBDataChunk, type DuckDBAppender } from '@duckdb/node-api';
import bindings from '@duckdb/node-bindings';
import type { ColumnBatch, ColumnKind, ColumnValues, TableSchema } from '../../streaming/index.js';
import { duckdbKinds, vectorRows } from './column-kinds.js';
import { storeFault } from './store-fault.js';

type Vector = ReturnType<typeof bindings.data_chunk_get_vector>;

/** A piece of a column on its way into a vector; `at` is the row it begins with. */
interface Piece {
  readonly vector: Vector;
  readonly at: number;
  readonly rows: number;
  readonly column: string;
}

const TWO_32 = 4294967296;

// One piece of the widest kind. Pieces are written one after the other, so one is enough.
const scratch = new ArrayBuffer(vectorRows * 16);
const words = new Uint32Array(scratch);

/** Two words a value, the low one first: no BigInt is made. */
const putBigints = (values: Float64Array, piece: Piece): void => {
  for (let row = 0, to = 0; row < piece.rows; row++, to += 2) {
    const value = values[piece.at + row];
    if (!Number.isSafeInteger(value)) throw notStorable(piece, row, String(value));
    words[to] = value;
    words[to + 1] = Math.floor(value / TWO_32);
  }
  bindings.copy_data_to_vector(piece.vector, 0, scratch, 0, piece.rows * 8);
};

/** DuckDB keeps a UUID as a little-endian 128-bit number with its top bit flipped. */
const putUuids = (values: Uint32Array, piece: Piece): void => {
  const end = piece.rows * 4;
  for (let to = 0, from = piece.at * 4; to < end; to += 4, from += 4) {
    words[to] = values[from + 3];
    words[to + 1] = values[from + 2];
    words[to + 2] = values[from + 1];
    words[to + 3] = values[from] ^ 0x80000000;
  }
  bindings.copy_data_to_vector(piece.vector, 0, scratch, 0, piece.rows * 16);
};

/** Sixteen zero bytes are an empty text or blob; only the others are given one by one. */
const putEmpty = (piece: Piece): void => {
  words.fill(0, 0, piece.rows * 4);
  bindings.copy_data_to_vector(piece.vector, 0, scratch, 0, piece.rows * 16);
};

const putTexts = (values: readonly string[], piece: Piece): void => {
  putEmpty(piece);
  for (let row = 0; row < piece.rows; row++) {
    const value = values[piece.at + row];
    if (typeof value !== 'string') throw notStorable(piece, row, typeof value);
    if (value !== '') bindings.vector_assign_string_element(piece.vector, row, value);
  }
};

const putBlobs = (values: readonly Uint8Array[], piece: Piece): void => {
  putEmpty(piece);
  for (let row = 0; row < piece.rows; row++) {
    const value = values[piece.at + row];
    if (!(value instanceof Uint8Array)) throw notStorable(piece, row, typeof value);
    if (value.length > 0) {
      bindings.vector_assign_string_element_len(piece.vector, row, value);
    }
  }
};

/** Arrays that lie in memory as DuckDB wants them are copied as they are. */
const putBytes = (values: Int32Array | Uint8Array, piece: Piece): void => {
  const size = values.BYTES_PER_ELEMENT;
  bindings.copy_data_to_vector(
    piece.vector,
    0,
    values.buffer as ArrayBuffer,
    values.byteOffset + piece.at * size,
    piece.rows * size,
  );
};

const notStorable = (piece: Piece, row: number, what: string): Error =>
  storeFault('VALUE_NOT_STORABLE', `column ${piece.column} cannot hold ${what}`, {
    facts: { column: piece.column, row: piece.at + row },
  });

const put = (kind: ColumnKind, values: ColumnValues, piece: Piece): void => {
  switch (kind) {
    case 'bigint':
      return putBigints(values as Float64Array, piece);
    case 'integer':
    case 'tinyint':
      return putBytes(values as Int32Array | Uint8Array, piece);
    case 'uuid':
      return putUuids(values as Uint32Array, piece);
    case 'text':
      return putTexts(values as readonly string[], piece);
    case 'blob':
      return putBlobs(values as readonly Uint8Array[], piece);
  }
};

/** How many values a column must have, so that a short one never reads foreign memory. */
const wanted = (kind: ColumnKind, rows: number): number => (kind === 'uuid' ? rows * 4 : rows);

/** Writes the rows of one table; its chunk of memory is used again and again. */
export class ColumnWriter {
  readonly #chunk: DuckDBDataChunk;

  constructor(private readonly schema: TableSchema) {
    this.#chunk = DuckDBDataChunk.create(schema.columns.map(({ kind }) => duckdbKinds[kind].type));
  }

  /**
   * Hands all rows of the batch to the appender, 2,048 at a time; others may have a turn between.
   * Throws Fault VALUE_NOT_STORABLE when a value does not fit its column.
   */
  *write(batch: ColumnBatch, appender: DuckDBAppender): Generator<undefined, void> {
    const columns = this.schema.columns.map((_, index) => batch.column(index));
    for (let at = 0; at < batch.length; at += vectorRows) {
      const rows = Math.min(vectorRows, batch.length - at);
      this.#chunk.reset();
      this.#chunk.rowCount = rows;
      this.schema.columns.forEach(({ name, kind }, index) => {
        const values = columns[index];
        const vector = bindings.data_chunk_get_vector(this.#chunk.chunk, index);
        const piece = { vector, at, rows, column: `${this.schema.name}.${name}` };
        if (values.length < wanted(kind, at + rows)) {
          throw notStorable(piece, values.length, 'fewer values than the batch has rows');
        }
        put(kind, values, piece);
      });
      appender.appendDataChunk(this.#chunk);
      yield;
    }
  }
}
