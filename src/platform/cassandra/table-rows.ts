import type { RowGroup, RowStatement } from './batched-writer.js';
import type { RowBuffer } from './row-buffer.js';
import type { CassandraTable } from './schema.js';

type ColumnName<T extends CassandraTable> = T['columns'][number][0];

/** Writes the value of one column of a row. */
export type ColumnPut = (to: RowBuffer, row: number) => void;

/** What writes the value of each column of a table. */
export type ColumnPuts<T extends CassandraTable> = { readonly [C in ColumnName<T>]: ColumnPut };

/** Adds a row to a table, or writes it over: all columns, in the order of the DDL. */
export const insertInto = ({ name, columns }: CassandraTable): RowStatement => ({
  cql:
    `INSERT INTO ${name} (${columns.map(([column]) => `"${column}"`).join(', ')}) ` +
    `VALUES (${columns.map(() => '?').join(', ')})`,
  values: columns.length,
});

/** The same with a time of the write (µs since 1970) as one value more: the greatest one wins. */
export const insertAt = (table: CassandraTable): RowStatement => {
  const { cql, values } = insertInto(table);
  return { cql: `${cql} USING TIMESTAMP ?`, values: values + 1 };
};

/** Writes rows for `insertInto`, each column as it is said; hot. */
export const rowOf = <T extends CassandraTable>(
  { columns }: T,
  puts: ColumnPuts<T>,
): RowGroup['put'] => {
  const inOrder = columns.map(([name]) => puts[name as ColumnName<T>]);
  return (to, row) => {
    for (const put of inOrder) put(to, row);
  };
};

/** A value of a row, as a parameter. */
export type ColumnValue = number | string | Uint8Array;

/** Values of a row by their columns, as parameters for `insertInto`. */
export const parametersOf = <T extends CassandraTable>(
  { columns }: T,
  values: { readonly [C in ColumnName<T>]: ColumnValue },
): ColumnValue[] => columns.map(([name]) => values[name as ColumnName<T>]);
