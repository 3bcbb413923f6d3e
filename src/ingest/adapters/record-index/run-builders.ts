import { Worker } from 'node:worker_threads';
import { buildRun, mergeRuns, type RunOrder } from './run-builder.js';
import { DamagedRun } from './run-file.js';

/** Carries out orders; a build goes before the rest of a merge. Rejects with what went wrong. */
export interface RunBuilder {
  run(order: RunOrder): Promise<void>;
  close(): Promise<void>;
}

/** Builds on the calling thread: for tests and for commands that write little. */
export const inlineRunBuilder = (): RunBuilder => ({
  run: async (order) => {
    if (order.kind === 'build') return buildRun(order);
    const pieces = mergeRuns(order);
    while (pieces.next().done !== true);
  },
  close: () => Promise.resolve(),
});

/** What a worker answers to the order with this number. */
export interface RunAnswer {
  readonly id: number;
  readonly error?: string;
  /** A run that was to be read is not what was written. */
  readonly isDamage?: boolean;
}

interface Waiting {
  resolve(): void;
  reject(reason: Error): void;
}

/**
 * Builds in a worker thread, whose program is `file`; the thread keeps the process alive while an
 * order is not answered, and no longer.
 */
export class WorkerRunBuilder implements RunBuilder {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #ended: Error | undefined;

  constructor(file: string) {
    this.#worker = new Worker(file);
    this.#worker.on('message', ({ id, error, isDamage }: RunAnswer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#worker.unref();
      if (error === undefined) waiting?.resolve();
      else waiting?.reject(isDamage === true ? new DamagedRun(error) : new Error(error));
    });
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(new Error('the thread that builds runs has ended')));
    this.#worker.unref(); // behind the listeners: each new one holds the process again
  }

  run(order: RunOrder): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, order });
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}
