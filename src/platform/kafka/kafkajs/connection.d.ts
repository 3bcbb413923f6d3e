declare module 'kafkajs/src/network/connection.js' {
  import type { Socket } from 'node:net';

  /** One socket to a broker, opened anew when it is needed. */
  class Connection {
    constructor(options: object);
    readonly socket?: Socket;
    /** Of an answer that has not come whole yet. */
    chunks: Buffer[];
    bytesBuffered: number;
    bytesNeeded: number;
    isConnected(): boolean;
    connect(): Promise<boolean>;
    disconnect(): Promise<boolean>;
    send(request: object): Promise<unknown>;
    /** Rejects what waits for an answer. */
    rejectRequests(error: Error): void;
  }

  export = Connection;
}
