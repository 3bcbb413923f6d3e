import { resolve } from 'node:path';
import type { DuckDBConnection, DuckDBMaterializedResult } from '@duckdb/node-api';
import { Fault, type ColumnBatch, type TableSchema } from '../../streaming/index.js';
import { readColumns } from './column-reader.js';
import { ColumnWriter } from './column-writer.js';
import type { StoreFile } from './open-store.js';
import { bindParameters, plainValue, type QueryParameter } from './query-values.js';
import { ReaderGate } from './reader-gate.js';
import { isDiskFull, isInvalidated, isOutOfMemory, messageOf } from './store-fault.js';
import { readFault, storeFault, writeFault } from './store-fault.js';
import { StoreSession } from './store-session.js';
import { byTable, type StoreWriter } from './transaction.js';

/** Measured: see README.md. The memory is the default of STORE_MEMORY_LIMIT, held by a test. */
export const embeddedDefaults = {
  memoryLimitBytes: 128 * 1048576,
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
  /** At most half of the memory: rows that are only in the log are kept in it too. */
  readonly checkpointBytes?: number;
  /** How many queries may run side by side. */
  readonly readers?: number;
}

/** Reading the committed rows of a store. */
export interface StoreReads {
  /** Rows as objects; see `plainValue` for the values. For queries that answer few rows. */
  query(sql: string, parameters?: readonly QueryParameter[]): Promise<Record<string, unknown>[]>;
  /** Rows as typed arrays; the columns of the query have to be those of the schema, in order. */
  queryColumns(
    sql: string,
    parameters: readonly QueryParameter[],
    schema: TableSchema,
  ): Promise<ColumnBatch>;
}

const rowsOf = async (result: DuckDBMaterializedResult): Promise<Record<string, unknown>[]> => {
  const types = result.columnTypes();
  const names = result.columnNames();
  const rows = await result.getRows();
  return rows.map((row) =>
    Object.fromEntries(row.map((value, index) => [names[index], plainValue(value, types[index])])),
  );
};

/** A query, and what its result becomes. */
type Read<T> = (connection: DuckDBConnection) => Promise<T>;

const reading =
  <T>(
    sql: string,
    parameters: readonly QueryParameter[],
    use: (result: DuckDBMaterializedResult) => Promise<T>,
  ): Read<T> =>
  async (connection) => {
    const { values, types } = bindParameters(parameters);
    return use(await connection.run(sql, values.length > 0 ? values : undefined, types));
  };

/** Writes that fail one after the other for want of memory: with so many it is too little. */
const FAILURES_FOR_MORE_MEMORY = 3;
const MOST_MEMORY_FACTOR = 8;

/**
 * The one file of the embedded mode: tables that only grow, written one transaction at a time and
 * read at the same time by a few other connections, which see committed rows only. Whatever a write
 * fails with, the instance is thrown away and the file opened anew: only what it then says is true.
 */
export class EmbeddedDatabase implements StoreReads {
  /**
   * What counting itself reads, on a connection of its own. When there is no memory for it, those
   * who ask are ended and held off, and it is tried once more.
   */
  readonly own: StoreReads = {
    query: (sql, parameters = []) => this.#readOwn(reading(sql, parameters, rowsOf)),
    queryColumns: (sql, parameters, schema) =>
      this.#readOwn(reading(sql, parameters, async (result) => readColumns(result, schema))),
  };
  readonly #writers = new Map<string, ColumnWriter>();
  readonly #gate = new ReaderGate();
  readonly #damageListeners = new Set<(fault: Fault) => void>();
  #session: StoreSession | undefined;
  #isBroken = false;
  #storeId = '';
  #damage: Fault | undefined;
  #memoryFailures = 0;
  #memoryFactor = 1;
  #closed = false;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly options: EmbeddedDatabaseOptions,
    private readonly file: StoreFile,
  ) {
    for (const schema of options.tables) this.#writers.set(schema.name, new ColumnWriter(schema));
  }

  /**
   * Opens the file, cuts a torn log tail, and makes the tables that are missing.
   * Rejects with STORE_IN_USE, STORE_NOT_WRITABLE, STORE_UNREADABLE, STORE_OTHER_SCHEMA, DISK_FULL.
   */
  static async open(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
    const {
      memoryLimitBytes = embeddedDefaults.memoryLimitBytes,
      checkpointBytes = embeddedDefaults.checkpointBytes,
    } = options;
    const file = {
      path: resolve(options.path),
      memoryLimitBytes,
      threads: options.threads ?? embeddedDefaults.threads,
      checkpointBytes: Math.min(checkpointBytes, memoryLimitBytes / 2),
      log: options.log,
    };
    const database = new EmbeddedDatabase(options, file);
    const session = await database.#open();
    try {
      database.#storeId = await session.prepareTables(options.tables);
    } catch (error) {
      database.#isBroken = true;
      await database.close();
      throw isDiskFull(error) ? writeFault(error) : readFault(error);
    }
    return database;
  }

  /** A name given to the file when it was made: what is kept beside it can say where it belongs. */
  get storeId(): string {
    return this.#storeId;
  }

  /** For those who ask. Rejects with STORE_BUSY while counting needs the memory. */
  query(
    sql: string,
    parameters: readonly QueryParameter[] = [],
  ): Promise<Record<string, unknown>[]> {
    return this.#readAsked(reading(sql, parameters, rowsOf));
  }

  /** For those who ask. Rejects with STORE_BUSY while counting needs the memory. */
  queryColumns(
    sql: string,
    parameters: readonly QueryParameter[],
    schema: TableSchema,
  ): Promise<ColumnBatch> {
    return this.#readAsked(reading(sql, parameters, async (all) => readColumns(all, schema)));
  }

  /**
   * All rows in one durable transaction, after those that were asked for before. When it rejects,
   * only what is read next says whether the transaction is there: whole, or not at all. `taken` is
   * called once the rows are handed over and only the disk is waited for; not when that failed.
   */
  async transaction(
    batches: readonly ColumnBatch[],
    taken: () => void = () => undefined,
  ): Promise<void> {
    const tables = byTable(batches, (name) => this.#writerOf(name));
    return this.#write((writer) => writer.transaction(tables, taken));
  }

  /** Statements that are not rows to add (trimming a table), in one durable transaction. */
  execute(sql: string): Promise<void> {
    return this.#write((writer) => writer.run(sql));
  }

  /** Calls the listener when the file turns out to be damaged or gone: nothing is written then. */
  onDamage(listener: (fault: Fault) => void): void {
    this.#damageListeners.add(listener);
  }

  /**
   * Waits for what runs, folds the log into the file unless there is damage or it is told not to,
   * and gives the file free.
   */
  async close({ foldsLog = true } = {}): Promise<void> {
    await this.#inOrder(async () => {
      this.#closed = true;
      const session = this.#session;
      if (!session) return;
      const isSound = !this.#isBroken && this.#damage === undefined && session.hasFile();
      if (foldsLog && isSound) {
        await session.writer.run('CHECKPOINT').catch((error) => this.#noCheckpoint(error));
      }
      await this.#closeSession();
    });
  }

  #noCheckpoint(error: unknown): void {
    this.file.log(`store: closed with its log not folded in: ${messageOf(error)}`);
  }

  /** A log that does not fit into memory at the start is read with more, or nobody could start. */
  async #open(): Promise<StoreSession> {
    for (;;) {
      const memoryLimitBytes = this.file.memoryLimitBytes * this.#memoryFactor;
      const readers = this.options.readers ?? embeddedDefaults.readers;
      try {
        const keepsLogs = this.#storeId === ''; // the ones a start finds
        const file = { ...this.file, memoryLimitBytes, keepsLogs };
        this.#session = await StoreSession.open(file, readers);
        this.#isBroken = false;
        return this.#session;
      } catch (error) {
        if (!this.#takesMoreAfter(error)) throw this.#noteDamage(error);
      }
    }
  }

  #takesMoreAfter(error: unknown): boolean {
    const cause = error instanceof Fault ? error.cause : error;
    if (!isOutOfMemory(cause) || this.#memoryFactor >= MOST_MEMORY_FACTOR) return false;
    this.#memoryFactor *= 2;
    const factor = this.#memoryFactor;
    this.file.log(`store: takes ${factor} times STORE_MEMORY_LIMIT: less is too little for it`);
    return true;
  }

  async #closeSession(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  /** The open session; after an error of a write, the file is opened anew first. */
  async #usable(): Promise<StoreSession> {
    if (this.#closed) throw storeFault('STORE_CLOSED', `${this.file.path} is closed`);
    if (this.#session && !this.#isBroken) return this.#session;
    await this.#closeSession();
    return this.#open();
  }

  #write(work: (writer: StoreWriter) => Promise<void>): Promise<void> {
    return this.#inOrder(async () => {
      if (this.#damage) throw this.#damage;
      const session = await this.#usable();
      this.#checkIsThere(session);
      try {
        await work(session.writer);
      } catch (error) {
        this.file.log(`store: a write failed, so it is opened anew: ${messageOf(error)}`);
        this.#isBroken = true;
        if (isOutOfMemory(error)) this.#noteShortMemory(error);
        throw this.#noteDamage(writeFault(error));
      }
      session.noteLog();
      this.#memoryFailures = 0;
    });
  }

  #checkIsThere(session: StoreSession): void {
    const missing = session.missingFile();
    if (missing === undefined) return;
    const fault = storeFault('STORE_REMOVED', `${missing} was removed or replaced`, {
      facts: { path: missing },
    });
    throw this.#noteDamage(fault);
  }

  #noteShortMemory(error: unknown): void {
    this.#gate.hold();
    if (++this.#memoryFailures % FAILURES_FOR_MORE_MEMORY === 0) this.#takesMoreAfter(error);
  }

  #noteDamage<E>(fault: E): E {
    const isDamage = fault instanceof Fault && fault.reaction === 'StateCorrupt';
    if (!isDamage || this.#damage !== undefined) return fault;
    this.#damage = fault;
    for (const listener of this.#damageListeners) listener(fault);
    return fault;
  }

  #readable(): Promise<StoreSession> {
    const open = this.#isBroken ? undefined : this.#session;
    return open ? Promise.resolve(open) : this.#inOrder(() => this.#usable());
  }

  async #readAsked<T>(read: Read<T>): Promise<T> {
    if (this.#gate.isClosed) throw storeFault('STORE_BUSY', 'counting needs the memory');
    const session = await this.#readable();
    return session.readers.use(async (connection) => {
      try {
        return await read(connection);
      } catch (error) {
        throw this.#readFailed(session, error);
      }
    });
  }

  async #readOwn<T>(read: Read<T>): Promise<T> {
    const session = await this.#readable();
    return session.own.use(async (connection) => {
      try {
        return await read(connection);
      } catch (error) {
        if (!isOutOfMemory(error)) throw this.#readFailed(session, error);
      }
      this.#gate.hold();
      await session.stopReaders();
      try {
        return await read(connection);
      } catch (error) {
        if (isOutOfMemory(error)) this.#noteShortMemory(error);
        this.#isBroken ||= session === this.#session;
        throw this.#readFailed(session, error);
      }
    });
  }

  #readFailed(session: StoreSession, error: unknown): unknown {
    if (isInvalidated(error)) this.#isBroken ||= session === this.#session;
    return this.#noteDamage(readFault(error));
  }

  #writerOf(table: string): ColumnWriter {
    const writer = this.#writers.get(table);
    if (!writer) throw new Error(`table ${table} is not among the store's tables`);
    return writer;
  }

  /** One after the other: one writer is what makes a transaction's rows lie together. */
  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#tail.then(work, work);
    this.#tail = mine.catch(() => undefined);
    return mine;
  }
}
