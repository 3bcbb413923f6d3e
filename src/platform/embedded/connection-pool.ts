import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { storeFault } from './store-fault.js';

type Waiter = (connection: DuckDBConnection) => void;

/** A few connections that are lent one at a time; who comes late waits in order. */
export class ConnectionPool {
  readonly #free: DuckDBConnection[] = [];
  readonly #all: DuckDBConnection[] = [];
  readonly #waiting: Waiter[] = [];
  readonly #idle: (() => void)[] = [];
  #lent = 0;
  #isClosed = false;

  private constructor() {}

  static async open(instance: DuckDBInstance, size: number): Promise<ConnectionPool> {
    const pool = new ConnectionPool();
    for (let n = 0; n < size; n++) pool.#all.push(await instance.connect());
    pool.#free.push(...pool.#all);
    return pool;
  }

  /**
   * Runs the work with a connection that nobody else uses meanwhile. Rejects with STORE_READ_FAILED
   * when the pool was closed before its turn.
   */
  async use<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.#take();
    try {
      if (this.#isClosed) throw storeFault('STORE_READ_FAILED', 'the store is opened anew');
      return await work(connection);
    } finally {
      this.#giveBack(connection);
    }
  }

  /** Ends the queries that run; each rejects. */
  interrupt(): void {
    for (const connection of this.#all) connection.interrupt();
  }

  /** Waits until no connection is lent. */
  async idle(): Promise<void> {
    if (this.#lent > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Waits until no connection is lent, then closes all; who waits for one is refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.idle();
    for (const connection of this.#all) connection.disconnectSync();
  }

  #take(): Promise<DuckDBConnection> | DuckDBConnection {
    this.#lent++;
    return this.#free.pop() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  #giveBack(connection: DuckDBConnection): void {
    const next = this.#waiting.shift();
    this.#lent--;
    if (next) next(connection);
    else this.#free.push(connection);
    if (this.#lent === 0) for (const tell of this.#idle.splice(0)) tell();
  }
}
