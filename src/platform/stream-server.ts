import { Server, type CustomTransportStrategy } from '@nestjs/microservices';

/** What the strategy starts and stops: the tasks of this process and what feeds them. */
export interface StreamRuntime {
  /** Starts and resolves when the tasks run. */
  start(): Promise<void>;
  /** Ends what runs, the batch in hand committed. */
  stop(): Promise<void>;
}

/**
 * Plugs the stream runtime into the life cycle of the application. Nest's per-message handlers
 * are not used: they commit offsets on their own, and a batch has one commit point only.
 */
export class StreamServer extends Server implements CustomTransportStrategy {
  constructor(private readonly runtime: StreamRuntime) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    this.runtime.start().then(() => callback(), callback);
  }

  close(): Promise<void> {
    return this.runtime.stop();
  }

  /** The runtime has no events of its own; the state of the tasks is asked for by health. */
  on(): void {}

  unwrap<T>(): T {
    return this.runtime as T;
  }
}
