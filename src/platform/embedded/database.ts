import { resolve } from 'node:path';
import type { DuckDBConnection, DuckDBInstance, DuckDBMaterializedResult } from '@duckdb/node-api';
import { Fault, type ColumnBatch, type TableSchema } from '../../streaming/index.js';
import { readColumns } from './column-reader.js';
import { ColumnWriter } from './column-writer.js';
import { ConnectionPool } from './connection-pool.js';
import { openStore, releaseStore, type StoreFile } from './open-store.js';
import { bindParameters, plainValue, type QueryParameter } from './query-values.js';
import {
  isDiskFull,
  isInvalidated,
  messageOf,
  readFault,
  storeFault,
  writeFault,
} from './store-fault.js';
import { prepareTables } from './store-tables.js';
import { writeTransaction } from './transaction.js';

/** Measured: see README.md. */
export const embeddedDefaults = {
  memoryLimitBytes: 96 * 1048576,
  threads: 1,
  checkpointBytes: 64 * 1048576,
  readers: 2,
} as const;

export interface EmbeddedDatabaseOptions {
  /** The file; beside it DuckDB keeps `<path>.wal` and, for large sorts, `<path>.tmp`. */
  readonly path: string;
  readonly tables: readonly TableSchema[];
  readonly log: (line: string) => void;
  readonly memoryLimitBytes?: number;
  readonly threads?: number;
  readonly checkpointBytes?: number;
  /** How many queries may run side by side. */
  readonly readers?: number;
}

const rowsOf = async (result: DuckDBMaterializedResult): Promise<Record<string, unknown>[]> => {
  const types = result.columnTypes();
  const names = result.columnNames();
  const rows = await result.getRows();
  return rows.map((row) =>
    Object.fromEntries(row.map((value, index) => [names[index], plainValue(value, types[index])])),
  );
};

interface Session {
  readonly instance: DuckDBInstance;
  readonly writer: DuckDBConnection;
  readonly readers: ConnectionPool;
}

/**
 * The one file of the embedded mode: tables that only grow, written one transaction at a time and
 * read at the same time by a few other connections, which see committed rows only.
 */
export class EmbeddedDatabase {
  readonly #writers = new Map<string, ColumnWriter>();
  #session: Session | undefined;
  #storeId = '';
  #invalid = false;
  #closed = false;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly options: EmbeddedDatabaseOptions,
    private readonly file: StoreFile,
  ) {
    for (const schema of options.tables) this.#writers.set(schema.name, new ColumnWriter(schema));
  }

  /**
   * Opens the file, repairs a torn log tail, and makes the tables that are missing.
   * Rejects with STORE_IN_USE, STORE_NOT_WRITABLE, STORE_UNREADABLE, STORE_OTHER_SCHEMA, DISK_FULL.
   */
  static async open(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
    const file = {
      path: resolve(options.path),
      memoryLimitBytes: options.memoryLimitBytes ?? embeddedDefaults.memoryLimitBytes,
      threads: options.threads ?? embeddedDefaults.threads,
      checkpointBytes: options.checkpointBytes ?? embeddedDefaults.checkpointBytes,
      log: options.log,
    };
    const database = new EmbeddedDatabase(options, file);
    const { writer } = await database.#open();
    try {
      database.#storeId = await prepareTables(writer, options.tables);
    } catch (error) {
      await database.close();
      throw isDiskFull(error) ? writeFault(error) : error;
    }
    return database;
  }

  /** A name given to the file when it was made: what is kept beside it can say where it belongs. */
  get storeId(): string {
    return this.#storeId;
  }

  /** Rows as objects; see `plainValue` for the values. For queries that answer few rows. */
  query(
    sql: string,
    parameters: readonly QueryParameter[] = [],
  ): Promise<Record<string, unknown>[]> {
    return this.#read(sql, parameters, rowsOf);
  }

  /** Rows as typed arrays; the columns of the query have to be those of the schema, in order. */
  queryColumns(
    sql: string,
    parameters: readonly QueryParameter[],
    schema: TableSchema,
  ): Promise<ColumnBatch> {
    return this.#read(sql, parameters, async (result) => readColumns(result, schema));
  }

  /** All rows in one durable transaction, after those that were asked for before. */
  transaction(batches: readonly ColumnBatch[]): Promise<void> {
    return this.#inOrder(async () => {
      const { writer } = await this.#usable();
      try {
        const tools = {
          connection: writer,
          writerOf: (batch: ColumnBatch) => this.#writerOf(batch),
          onLogNotFolded: (error: unknown) => this.#logNotFolded(error),
        };
        await writeTransaction(tools, batches);
      } catch (error) {
        this.#noteFatal(error);
        throw error;
      }
    });
  }

  /** Statements that are not rows to add (trimming a table), in one durable transaction. */
  execute(sql: string): Promise<void> {
    return this.#inOrder(async () => {
      const { writer } = await this.#usable();
      try {
        await writer.run(sql);
      } catch (error) {
        this.#noteFatal(error);
        throw writeFault(error);
      }
    });
  }

  /** Waits for what runs, folds the log into the file, and gives the file free. */
  async close(): Promise<void> {
    await this.#inOrder(async () => {
      this.#closed = true;
      if (!this.#session) return;
      const { writer } = this.#session;
      if (!this.#invalid)
        await writer.run('CHECKPOINT').catch((error) => this.#noCheckpoint(error));
      await this.#closeSession();
    });
  }

  /** The rows are safe in the log; DuckDB has to be opened anew, and tries it again later. */
  #logNotFolded(error: unknown): void {
    this.#noteFatal(error);
    const next = 'give it more STORE_MEMORY_LIMIT';
    this.file.log(`store: the log could not be folded in, ${next}: ${messageOf(error)}`);
  }

  #noCheckpoint(error: unknown): void {
    this.file.log(`store: closed with its log not folded in: ${messageOf(error)}`);
  }

  async #open(): Promise<Session> {
    const instance = await openStore(this.file);
    const readers = this.options.readers ?? embeddedDefaults.readers;
    const session = {
      instance,
      writer: await instance.connect(),
      readers: await ConnectionPool.open(instance, readers),
    };
    this.#invalid = false;
    this.#session = session;
    return session;
  }

  async #closeSession(): Promise<void> {
    const session = this.#session;
    if (!session) return;
    this.#session = undefined;
    await session.readers.close();
    session.writer.disconnectSync();
    session.instance.closeSync();
    releaseStore(this.file.path);
  }

  /** The open session; after an error that ended it, the file is opened anew first. */
  async #usable(): Promise<Session> {
    if (this.#closed) throw storeFault('STORE_CLOSED', `${this.file.path} is closed`);
    if (this.#session && !this.#invalid) return this.#session;
    this.file.log('store: opened anew after an error that DuckDB cannot go on from');
    await this.#closeSession();
    return this.#open();
  }

  #noteFatal(error: unknown): void {
    const cause = error instanceof Fault ? error.cause : error;
    if (isInvalidated(cause)) this.#invalid = true;
  }

  async #read<T>(
    sql: string,
    parameters: readonly QueryParameter[],
    use: (result: DuckDBMaterializedResult) => Promise<T>,
  ): Promise<T> {
    const open = this.#invalid ? undefined : this.#session;
    const session = open ?? (await this.#inOrder(() => this.#usable()));
    return session.readers.use(async (connection) => {
      try {
        const { values, types } = bindParameters(parameters);
        const bound = values.length > 0;
        return await use(await connection.run(sql, bound ? values : undefined, types));
      } catch (error) {
        this.#noteFatal(error);
        throw readFault(error);
      }
    });
  }

  #writerOf(batch: ColumnBatch): ColumnWriter {
    const writer = this.#writers.get(batch.schema.name);
    if (!writer) throw new Error(`table ${batch.schema.name} is not among the store's tables`);
    return writer;
  }

  /** One after the other: one writer is what makes a transaction's rows lie together. */
  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#tail.then(work, work);
    this.#tail = mine.catch(() => undefined);
    return mine;
  }
}
