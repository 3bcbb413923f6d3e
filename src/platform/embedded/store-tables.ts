import { randomUUID } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { TableSchema } from '../../streaming/index.js';
import { createTableSql, duckdbKinds, quoted } from './column-kinds.js';
import { storeFault } from './store-fault.js';

const SCHEMA_VERSION = '1';

const metaTable: TableSchema = {
  name: 'store_meta',
  columns: [
    { name: 'name', kind: 'text' },
    { name: 'value', kind: 'text' },
  ],
};

const shapeOf = (schema: TableSchema): string =>
  schema.columns.map(({ name, kind }) => `${name} ${duckdbKinds[kind].sql}`).join(', ');

/** The tables that are there, each with its columns as one text. */
const shapesIn = async (connection: DuckDBConnection): Promise<Map<string, string>> => {
  const result = await connection.run(
    `SELECT table_name, string_agg(column_name || ' ' || data_type, ', ' ORDER BY column_index)
       FROM duckdb_columns() WHERE NOT internal GROUP BY table_name`,
  );
  const rows = await result.getRows();
  return new Map(rows.map(([name, shape]) => [String(name), String(shape)]));
};

const metaIn = async (connection: DuckDBConnection): Promise<Map<string, string>> => {
  const rows = await (await connection.run('SELECT name, value FROM store_meta')).getRows();
  return new Map(rows.map(([name, value]) => [String(name), String(value)]));
};

const otherSchema = (table: string): Error =>
  storeFault('STORE_OTHER_SCHEMA', `table ${table} is not as this version has it`, {
    facts: { table },
  });

const checkShapes = (tables: readonly TableSchema[], shapes: Map<string, string>): void => {
  for (const schema of tables) {
    const shape = shapes.get(schema.name);
    if (shape !== undefined && shape !== shapeOf(schema)) throw otherSchema(schema.name);
  }
};

/** What gives a table its name of now, in the shapes too. */
const renamed = ({ name, formerName }: TableSchema, shapes: Map<string, string>): string[] => {
  const shape = formerName === undefined ? undefined : shapes.get(formerName);
  if (formerName === undefined || shape === undefined || shapes.has(name)) return [];
  shapes.set(name, shape);
  return [`ALTER TABLE ${quoted(formerName)} RENAME TO ${quoted(name)}`];
};

const metaRows = (storeId: string): string =>
  `INSERT INTO store_meta
     VALUES ('schema_version', '${SCHEMA_VERSION}'), ('store_id', '${storeId}')`;

/**
 * Makes the tables that are missing, renames those of a former name, and answers the id the store
 * was given when it was made.
 * Throws STORE_OTHER_SCHEMA when a table or the version differs.
 */
export const prepareTables = async (
  connection: DuckDBConnection,
  tables: readonly TableSchema[],
): Promise<string> => {
  const shapes = await shapesIn(connection);
  const statements = tables.flatMap((schema) => renamed(schema, shapes));
  checkShapes(tables, shapes);
  const known = shapes.has(metaTable.name) ? await metaIn(connection) : undefined;
  statements.push(...tables.filter(({ name }) => !shapes.has(name)).map(createTableSql));
  const storeId = known?.get('store_id') ?? randomUUID();
  if (known === undefined) statements.push(createTableSql(metaTable), metaRows(storeId));
  else if (known.get('schema_version') !== SCHEMA_VERSION) throw otherSchema(metaTable.name);
  if (statements.length > 0) {
    await connection.run(['BEGIN', ...statements, 'COMMIT'].join('; '));
    // No DDL may be left in the log: its replay is where DuckDB has known faults.
    await connection.run('CHECKPOINT');
  }
  return storeId;
};
