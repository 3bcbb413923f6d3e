import { statSync } from 'node:fs';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { TableSchema } from '../../streaming/index.js';
import { ConnectionPool } from './connection-pool.js';
import { openStore, releaseStore, type StoreFile } from './open-store.js';
import { prepareTables } from './store-tables.js';
import { StoreWriter } from './transaction.js';

const identityOf = (path: string): string => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? '' : `${found.dev}/${found.ino}`;
};

interface Connections {
  /** The one that writes; nobody else runs anything on it. */
  readonly writing: DuckDBConnection;
  /** For what counting itself reads. */
  readonly own: ConnectionPool;
  /** For those who ask. */
  readonly readers: ConnectionPool;
}

/**
 * An instance of DuckDB on the store and its connections. It is used until the first error of a
 * write: what DuckDB keeps in memory of a transaction that failed is not to be trusted.
 */
export class StoreSession {
  readonly writer: StoreWriter;
  readonly own: ConnectionPool;
  readonly readers: ConnectionPool;
  readonly #writing: DuckDBConnection;
  readonly #fileIdentity: string;
  #walIdentity: string;

  private constructor(
    private readonly file: StoreFile,
    private readonly instance: DuckDBInstance,
    connections: Connections,
  ) {
    ({ own: this.own, readers: this.readers } = connections);
    this.#writing = connections.writing;
    this.writer = new StoreWriter(this.#writing);
    this.#fileIdentity = identityOf(file.path);
    this.#walIdentity = identityOf(`${file.path}.wal`);
  }

  /** Rejects as `openStore` does. */
  static async open(file: StoreFile, readers: number): Promise<StoreSession> {
    const instance = await openStore(file);
    try {
      const writing = await instance.connect();
      // A session that is thrown away must not write what it holds into the file, now or later.
      await writing.run('PRAGMA disable_checkpoint_on_shutdown');
      const own = await ConnectionPool.open(instance, 1);
      const asked = await ConnectionPool.open(instance, readers);
      return new StoreSession(file, instance, { writing, own, readers: asked });
    } catch (error) {
      instance.closeSync();
      releaseStore(file.path);
      throw error;
    }
  }

  /**
   * The path of the file or of its log when it is not the one that was opened: DuckDB would write
   * on into what no start finds.
   */
  missingFile(): string | undefined {
    const { path } = this.file;
    if (!this.hasFile()) return path;
    return identityOf(`${path}.wal`) === this.#walIdentity ? undefined : `${path}.wal`;
  }

  hasFile(): boolean {
    return identityOf(this.file.path) === this.#fileIdentity;
  }

  /** The log comes and goes with what is written; called behind each write. */
  noteLog(): void {
    this.#walIdentity = identityOf(`${this.file.path}.wal`);
  }

  /** Makes or renames the tables; answers the id of the store. */
  prepareTables(tables: readonly TableSchema[]): Promise<string> {
    return prepareTables(this.#writing, tables);
  }

  /** Ends what readers run and waits until it has ended. */
  async stopReaders(): Promise<void> {
    this.readers.interrupt();
    await this.readers.idle();
  }

  async close(): Promise<void> {
    this.readers.interrupt();
    await this.readers.close();
    await this.own.close();
    this.#writing.disconnectSync();
    this.instance.closeSync();
    releaseStore(this.file.path);
  }
}
