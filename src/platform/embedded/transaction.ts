import type { DuckDBConnection } from '@duckdb/node-api';
import { reached, type ColumnBatch } from '../../streaming/index.js';
import type { ColumnWriter } from './column-writer.js';

/** All rows of one table, and what writes them. */
export interface TableRows {
  readonly name: string;
  readonly writer: ColumnWriter;
  readonly batches: ColumnBatch[];
}

/** The batches by table, without empty ones. Throws what `writerOf` throws. */
export const byTable = (
  batches: readonly ColumnBatch[],
  writerOf: (table: string) => ColumnWriter,
): TableRows[] => {
  const tables = new Map<string, TableRows>();
  for (const batch of batches) {
    if (batch.length === 0) continue;
    const { name } = batch.schema;
    const known = tables.get(name);
    if (known) known.batches.push(batch);
    else tables.set(name, { name, writer: writerOf(name), batches: [batch] });
  }
  return [...tables.values()];
};

const appendTable = async (
  connection: DuckDBConnection,
  { name, writer, batches }: TableRows,
): Promise<void> => {
  const appender = await connection.createAppender(name);
  try {
    for (const batch of batches) writer.write(batch, appender);
  } catch (error) {
    try {
      appender.clear(); // closing writes what is left
      appender.closeSync();
    } catch {
      // the first error is the one that says what happened
    }
    throw error;
  }
  appender.closeSync();
};

/**
 * Writes all rows in one transaction: one appender a table, one sync of the write-ahead log at
 * the commit. Resolves when it is on the disk. When it rejects, with whatever, only the file opened
 * anew says whether the transaction is there; it is not undone here, as a session that failed is
 * not used for that either.
 */
export const writeTransaction = async (
  connection: DuckDBConnection,
  tables: readonly TableRows[],
): Promise<void> => {
  await connection.run('BEGIN');
  reached('commit.begun');
  for (const table of tables) await appendTable(connection, table);
  reached('commit.rows-written');
  reached('commit.before-commit');
  await connection.run('COMMIT');
  reached('commit.committed');
};
