import { BIGINT, BLOB, INTEGER, UTINYINT, UUID, VARCHAR, type DuckDBType } from '@duckdb/node-api';
import type { ColumnKind, TableSchema } from '../../streaming/index.js';

/** What a kind is in DuckDB: its SQL name, its type, and the bytes a value takes in a vector. */
export const duckdbKinds: Readonly<
  Record<ColumnKind, { sql: string; type: DuckDBType; bytes: number }>
> = {
  bigint: { sql: 'BIGINT', type: BIGINT, bytes: 8 },
  integer: { sql: 'INTEGER', type: INTEGER, bytes: 4 },
  tinyint: { sql: 'UTINYINT', type: UTINYINT, bytes: 1 },
  uuid: { sql: 'UUID', type: UUID, bytes: 16 },
  text: { sql: 'VARCHAR', type: VARCHAR, bytes: 16 },
  blob: { sql: 'BLOB', type: BLOB, bytes: 16 },
};

/** The most rows a DuckDB vector holds. */
export const vectorRows = 2048;

/** A name as SQL takes it, whatever word it is. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The columns of a table as a list for SELECT, in the order of the schema. */
export const columnList = (schema: TableSchema): string =>
  schema.columns.map(({ name }) => quoted(name)).join(', ');

/** The statement that makes a table. No key and no index: both make inserts slow. */
export const createTableSql = (schema: TableSchema): string => {
  const columns = schema.columns.map(
    ({ name, kind }) => `${quoted(name)} ${duckdbKinds[kind].sql} NOT NULL`,
  );
  return `CREATE TABLE ${quoted(schema.name)} (${columns.join(', ')})`;
};
