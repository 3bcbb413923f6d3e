import { readFileSync } from 'node:fs';
import { auth, Client, policies, types, type ClientOptions } from 'cassandra-driver';
import { pauseFor } from '../pause.js';
import { driverFault, isRetryable, cassandraFault } from './cassandra-fault.js';
import { sendRows, statementId } from './encoded-batch.js';
import type { RowBuffer } from './row-buffer.js';
import { withNumbers } from './values.js';

export interface CassandraTls {
  /** Certificate authority of the nodes (PEM); without it those that Node trusts. */
  readonly caFile?: string;
  /** Certificate and key of the client (PEM), when the nodes ask for them. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

export interface CassandraOptions {
  /** `host:port` of some nodes; the others are found through them. */
  readonly contactPoints: readonly string[];
  readonly localDataCenter: string;
  /** Undefined only before it was made; statements then name it themselves. */
  readonly keyspace?: string;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: CassandraTls;
  /** How long one try of a statement may take; 5 s. */
  readonly requestTimeoutMs?: number;
  /** How long a statement is tried again when nodes are away or slow; 10 s. 0: one try. */
  readonly retryForMs?: number;
}

export interface StatementOptions {
  /** Rows a page; 5,000. */
  readonly fetchSize?: number;
  /** False for what must not happen twice (a LWT): it is tried once. True by default. */
  readonly isIdempotent?: boolean;
  /** False for statements that are run once in a while, such as DDL. True by default. */
  readonly prepare?: boolean;
}

export interface Statement {
  readonly query: string;
  readonly params: readonly unknown[];
}

const defaultTimeoutMs = 5_000;
const defaultRetryForMs = 10_000;
const retryPauseMs = 100;
const defaultFetchSize = 5_000;

const pemOf = (path: string | undefined): Buffer | undefined => {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (cause) {
    const message = `the file ${path} for TLS cannot be read`;
    throw cassandraFault('CASSANDRA_SETTINGS_WRONG', message, { cause });
  }
};

/** Options of the driver. Certificates are always verified: the driver's own default is not to. */
export const driverOptions = (options: CassandraOptions): ClientOptions => {
  const { tls, username, password } = options;
  return {
    contactPoints: [...options.contactPoints],
    localDataCenter: options.localDataCenter,
    keyspace: options.keyspace,
    authProvider:
      username === undefined ? undefined : new auth.PlainTextAuthProvider(username, password ?? ''),
    sslOptions: tls && {
      ca: pemOf(tls.caFile),
      cert: pemOf(tls.certFile),
      key: pemOf(tls.keyFile),
      rejectUnauthorized: true,
    },
    pooling: { maxRequestsPerConnection: 2_048, heartBeatInterval: 5_000 },
    policies: {
      // The driver's own waits up to ten minutes for a node that came back long ago.
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(250, 4_000, true),
    },
    socketOptions: {
      connectTimeout: 5_000,
      readTimeout: options.requestTimeoutMs ?? defaultTimeoutMs,
    },
    queryOptions: {
      consistency: types.consistencies.localQuorum,
      serialConsistency: types.consistencies.localSerial,
      prepare: true,
      isIdempotent: true,
    },
  };
};

/**
 * After some failures to connect (a wrong data center) the driver leaves its first connection open,
 * and its heartbeat would keep the process alive.
 */
const closeFirstConnection = (client: Client): void => {
  type Closing = { controlConnection?: { connection?: { close?: () => void } | null } };
  (client as unknown as Closing).controlConnection?.connection?.close?.();
};

/**
 * A connection to a keyspace. Statements are prepared and read and write with LOCAL_QUORUM. 64-bit
 * numbers are read as numbers, `null` stays null. Every error of the driver becomes a Fault.
 */
export class CassandraSession {
  private constructor(
    readonly client: Client,
    readonly options: CassandraOptions,
  ) {}

  /** Rejects with a Fault: Retry when no node answers, Fatal when one refuses. */
  static async open(options: CassandraOptions): Promise<CassandraSession> {
    const client = new Client(driverOptions(options));
    try {
      await client.connect();
    } catch (error) {
      await client.shutdown().catch(() => undefined);
      closeFirstConnection(client);
      throw driverFault(error);
    }
    return new CassandraSession(client, options);
  }

  /** All rows, of all pages. */
  async query(
    cql: string,
    params: readonly unknown[] = [],
    options: StatementOptions = {},
  ): Promise<types.Row[]> {
    const first = await this.#page(cql, params, options);
    const rows = (first.rows ?? []).map(withNumbers); // none behind DDL
    for (let { pageState } = first; pageState;) {
      const next = await this.#page(cql, params, { ...options, pageState });
      for (const row of next.rows) rows.push(withNumbers(row));
      ({ pageState } = next);
    }
    return rows;
  }

  /** The rows page by page; the next page is asked for while the caller works on one. */
  async *pages(
    cql: string,
    params: readonly unknown[] = [],
    options: StatementOptions = {},
  ): AsyncGenerator<types.Row[]> {
    let coming: Promise<types.ResultSet> | undefined = this.#page(cql, params, options);
    while (coming !== undefined) {
      const { rows, pageState }: types.ResultSet = await coming;
      coming = pageState ? this.#page(cql, params, { ...options, pageState }) : undefined;
      coming?.catch(() => undefined); // thrown at the next turn, if there is one
      yield rows.map(withNumbers);
    }
  }

  /** A conditional statement, tried once: whether it was applied, and the row that is there. */
  async conditional(
    cql: string,
    params: readonly unknown[] = [],
  ): Promise<{ applied: boolean; row: types.Row }> {
    const [row] = await this.query(cql, params, { isIdempotent: false });
    return { applied: row['[applied]'] === true, row };
  }

  /** One UNLOGGED batch: for rows of one Cassandra partition, below 50 KiB together. */
  async batch(statements: readonly Statement[]): Promise<void> {
    if (statements.length === 0) return;
    const queries = statements.map(({ query, params }) => ({ query, params: [...params] }));
    await this.#attempt(() => this.client.batch(queries, { prepare: true, logged: false }));
  }

  /** The id of a prepared statement, as rows of a batch name it. */
  statementId(cql: string): Promise<Uint8Array> {
    return this.#attempt(() => statementId(this.client, cql), cql);
  }

  /**
   * Sends rows of a prepared statement as one UNLOGGED batch; `routingKey` (`routingKeyOf`) says
   * which node has them. After an error the driver may still hold the memory of the rows.
   */
  sendRows(cql: string, rows: RowBuffer, routingKey?: Buffer): Promise<void> {
    return this.#attempt(() => sendRows(this.client, rows, routingKey), cql);
  }

  async close(): Promise<void> {
    await this.client.shutdown();
  }

  /**
   * Runs a request that changes nothing when it is done twice, again and again while it fails for
   * a reason to retry, for `retryForMs`.
   */
  async #attempt<T>(request: () => Promise<T>, statement?: string): Promise<T> {
    const until = Date.now() + (this.options.retryForMs ?? defaultRetryForMs);
    for (;;) {
      try {
        return await request();
      } catch (error) {
        const fault = driverFault(error, statement);
        if (!isRetryable(fault) || Date.now() >= until) throw fault;
        await pauseFor(retryPauseMs);
      }
    }
  }

  async #page(
    cql: string,
    params: readonly unknown[],
    options: StatementOptions & { pageState?: string },
  ): Promise<types.ResultSet> {
    const { fetchSize = defaultFetchSize, isIdempotent = true, prepare = true } = options;
    const { pageState } = options;
    const execute = (): Promise<types.ResultSet> =>
      this.client.execute(cql, [...params], { prepare, isIdempotent, fetchSize, pageState });
    if (isIdempotent) return this.#attempt(execute, cql);
    try {
      return await execute();
    } catch (error) {
      throw driverFault(error, cql);
    }
  }
}
