import type { DuckDBConnection } from '@duckdb/node-api';
import { reached, type ColumnBatch } from '../../streaming/index.js';
import type { ColumnWriter } from './column-writer.js';
import { isDurable, writeFault } from './store-fault.js';

/** A connection nobody else uses meanwhile, and the writer of each table. */
export interface TransactionTools {
  readonly connection: DuckDBConnection;
  writerOf(batch: ColumnBatch): ColumnWriter;
  /** Told of an error behind a commit that is durable. */
  onLogNotFolded(error: unknown): void;
}

interface TableRows {
  readonly writer: ColumnWriter;
  readonly batches: ColumnBatch[];
}

/** Throws for a table the store does not have: a bug, so before anything is begun. */
const byTable = (
  tools: TransactionTools,
  batches: readonly ColumnBatch[],
): Map<string, TableRows> => {
  const tables = new Map<string, TableRows>();
  for (const batch of batches) {
    if (batch.length === 0) continue;
    const name = batch.schema.name;
    const known = tables.get(name);
    if (known) known.batches.push(batch);
    else tables.set(name, { writer: tools.writerOf(batch), batches: [batch] });
  }
  return tables;
};

const appendTable = async (
  connection: DuckDBConnection,
  name: string,
  { writer, batches }: TableRows,
): Promise<void> => {
  const appender = await connection.createAppender(name);
  try {
    for (const batch of batches) writer.write(batch, appender);
  } catch (error) {
    appender.clear(); // closing writes what is left, and that must not hide the error
    appender.closeSync();
    throw error;
  }
  appender.closeSync();
};

/** The transaction is gone already when the commit itself failed: no error of its own. */
const rollback = async (connection: DuckDBConnection): Promise<void> => {
  try {
    await connection.run('ROLLBACK');
  } catch {
    return;
  }
};

/**
 * Writes all rows in one transaction: one appender a table, one sync of the write-ahead log at
 * the commit. Resolves when it is on the disk. Rejects with STORE_WRITE_FAILED or DISK_FULL
 * (Retry) or VALUE_NOT_STORABLE (Fatal); nothing is kept then. A commit is a commit also when only
 * the fold of the log behind it failed: that is told to the tools.
 */
export const writeTransaction = async (
  tools: TransactionTools,
  batches: readonly ColumnBatch[],
): Promise<void> => {
  const { connection } = tools;
  const tables = byTable(tools, batches);
  try {
    await connection.run('BEGIN');
    reached('commit.begun');
    for (const [name, rows] of tables) await appendTable(connection, name, rows);
    reached('commit.rows-written');
    reached('commit.before-commit');
    await connection.run('COMMIT');
  } catch (error) {
    if (!isDurable(error)) {
      await rollback(connection);
      throw writeFault(error);
    }
    tools.onLogNotFolded(error);
  }
  reached('commit.committed');
};
