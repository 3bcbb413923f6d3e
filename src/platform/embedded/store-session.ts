import { statSync } from 'node:fs';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { ConnectionPool } from './connection-pool.js';
import { openStore, releaseStore, type StoreFile } from './open-store.js';

const identityOf = (path: string): string => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? '' : `${found.dev}/${found.ino}`;
};

interface Connections {
  /** The one that writes; nobody else runs anything on it. */
  readonly writer: DuckDBConnection;
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
  readonly writer: DuckDBConnection;
  readonly own: ConnectionPool;
  readonly readers: ConnectionPool;
  readonly #fileIdentity: string;
  #walIdentity: string;

  private constructor(
    private readonly file: StoreFile,
    private readonly instance: DuckDBInstance,
    connections: Connections,
  ) {
    ({ writer: this.writer, own: this.own, readers: this.readers } = connections);
    this.#fileIdentity = identityOf(file.path);
    this.#walIdentity = identityOf(`${file.path}.wal`);
  }

  /** Rejects as `openStore` does. */
  static async open(file: StoreFile, readers: number): Promise<StoreSession> {
    const instance = await openStore(file);
    try {
      const writer = await instance.connect();
      // A session that is thrown away must not write what it holds into the file, now or later.
      await writer.run('PRAGMA disable_checkpoint_on_shutdown');
      const own = await ConnectionPool.open(instance, 1);
      const asked = await ConnectionPool.open(instance, readers);
      return new StoreSession(file, instance, { writer, own, readers: asked });
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

  /** Ends what readers run and waits until it has ended. */
  async stopReaders(): Promise<void> {
    this.readers.interrupt();
    await this.readers.idle();
  }

  async close(): Promise<void> {
    this.readers.interrupt();
    await this.readers.close();
    await this.own.close();
    this.writer.disconnectSync();
    this.instance.closeSync();
    releaseStore(this.file.path);
  }
}
