import type {
  ColumnBatch,
  ColumnKind,
  ColumnValues,
  TableSchema,
} from '../../src/streaming/index.js';

type RowValue = number | string | Uint8Array | Uint32Array;

const newColumn = (kind: ColumnKind, capacity: number): ColumnValues => {
  switch (kind) {
    case 'bigint':
      return new Float64Array(capacity);
    case 'integer':
      return new Int32Array(capacity);
    case 'tinyint':
      return new Uint8Array(capacity);
    case 'uuid':
      return new Uint32Array(capacity * 4);
    case 'text':
    case 'blob':
      return [];
  }
};

/** A batch built from rows given as values in column order. A uuid is given as its four words. */
export const batchOf = (
  schema: TableSchema,
  rows: readonly (readonly RowValue[])[],
): ColumnBatch => {
  const columns = schema.columns.map(({ kind }, index) => {
    const values = newColumn(kind, rows.length);
    rows.forEach((row, at) => {
      const value = row[index];
      if (kind === 'uuid') (values as Uint32Array).set(value as Uint32Array, at * 4);
      else (values as RowValue[])[at] = value;
    });
    return values;
  });
  return { schema, length: rows.length, column: (index) => columns[index] };
};
