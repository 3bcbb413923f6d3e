/**
 * Parts of cassandra-driver 4.10.0 that it does not declare: `encoded-batch.ts` needs them, and
 * nothing else may. A test against a real server fails when another version has them otherwise.
 */
declare module 'cassandra-driver/lib/request-handler.js' {
  import type { Client, types } from 'cassandra-driver';

  /** Sends one request: picks a node, tries again as the retry policy says. */
  class RequestHandler {
    static send(request: unknown, options: unknown, client: Client): Promise<types.ResultSet>;
  }
  export = RequestHandler;
}

declare module 'cassandra-driver/lib/prepare-handler.js' {
  import type { Client } from 'cassandra-driver';

  /** Prepares a statement once a client; the driver prepares it again where a node forgot it. */
  class PrepareHandler {
    static getPrepared(
      client: Client,
      loadBalancing: unknown,
      ...statement: [query: string, keyspace: string]
    ): Promise<{ queryId: Buffer }>;
  }
  export = PrepareHandler;
}

declare module 'cassandra-driver/lib/execution-options.js' {
  import type { Client, ExecutionOptions, QueryOptions, types } from 'cassandra-driver';

  export class DefaultExecutionOptions {
    static create(
      options: QueryOptions,
      client: Client,
    ): ExecutionOptions & { getOrGenerateTimestamp(): types.Long };
  }
}
