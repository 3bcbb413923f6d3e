import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import { reached, type ColumnBatch } from '../../streaming/index.js';
import { nextTurn } from '../pause.js';
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

/** Of 2,048 rows. Left to itself the appender hands over 204,800 at once: 100 ms. */
const piecesAFlush = 8;

const appendRows = async (
  { writer, batches }: TableRows,
  appender: DuckDBAppender,
): Promise<void> => {
  try {
    for (const batch of batches) {
      const pieces = writer.write(batch, appender);
      for (let piece = 1; !pieces.next().done; piece++) {
        if (piece % piecesAFlush === 0) appender.flushSync();
        await nextTurn();
      }
    }
    appender.flushSync();
  } catch (error) {
    try {
      appender.clear(); // closing writes what is left
      appender.closeSync();
    } catch {
      // the first error is the one that says what happened
    }
    throw error;
  }
};

/**
 * Writes transactions on the one connection that writes. The commit of one begins the next in the
 * same call, and the appenders stay open: a transaction waits once for the disk and for nothing
 * else. When anything rejects, only the file opened anew says whether the transaction is there; it
 * is not undone here, as a session that failed is not used for that either.
 */
export class StoreWriter {
  #hasBegun = false;
  readonly #appenders = new Map<string, DuckDBAppender>();

  constructor(private readonly connection: DuckDBConnection) {}

  /**
   * All rows in one transaction; resolves when it is on the disk. `taken` is called once it needs
   * the processor no more.
   */
  async transaction(tables: readonly TableRows[], taken: () => void): Promise<void> {
    if (!this.#hasBegun) await this.connection.run('BEGIN');
    this.#hasBegun = true;
    reached('commit.begun');
    for (const table of tables) await appendRows(table, await this.#appenderOf(table.name));
    reached('commit.rows-written');
    reached('commit.before-commit');
    const committed = this.connection.run('COMMIT; BEGIN');
    taken();
    await committed;
    reached('commit.committed');
  }

  /** A statement in a transaction of its own; resolves when it is on the disk. */
  async run(sql: string): Promise<void> {
    await this.rest();
    await this.connection.run(sql);
  }

  /** Ends the transaction that was begun ahead, and what was kept for the next ones. */
  async rest(): Promise<void> {
    for (const appender of this.#appenders.values()) appender.closeSync();
    this.#appenders.clear();
    if (!this.#hasBegun) return;
    this.#hasBegun = false;
    await this.connection.run('ROLLBACK');
  }

  async #appenderOf(table: string): Promise<DuckDBAppender> {
    const open = this.#appenders.get(table);
    if (open !== undefined) return open;
    const appender = await this.connection.createAppender(table);
    this.#appenders.set(table, appender);
    return appender;
  }
}
