import type { UsageEvents } from '../ingest/index.js';
import type { ColumnBatch, EventLog } from '../streaming/index.js';
import { linesPerBatch, type LineBatch } from './domain/line-batches.js';

/** Three whole batches, or more smaller ones: enough that reading and counting overlap. */
const mostLoad = 3;
const leastLoad = 1 / 16;
const wholeBatchBytes = 1024 * 1024;

const loadOf = ({ events, refused, bytes }: LineBatch): number =>
  Math.min(
    1,
    Math.max(leastLoad, (events.length + refused.length) / linesPerBatch, bytes / wholeBatchBytes),
  );

/** Appends of the importer, in order: a few at a time, and none behind one that failed. */
export class AppendsInFlight {
  #landing: { load: number; landed: Promise<unknown> }[] = [];
  #failure: unknown;
  #hasFailed = false;

  constructor(
    private readonly log: EventLog<UsageEvents>,
    private readonly onLanded: () => void,
  ) {}

  /** Waits for room; the answer's `landed` settles with the append. Rejects behind a failed one. */
  async append(batch: LineBatch, rows: ColumnBatch[]): Promise<{ landed: Promise<void> }> {
    const load = loadOf(batch);
    while (this.#landing.length > 0 && this.#load() + load > mostLoad) {
      await this.#landing[0].landed;
      // an append that was rejected together with this one has to be seen before the next one
      await Promise.resolve();
    }
    if (this.#hasFailed) throw this.#failure;
    const landed = this.log.append(batch.events, rows).then(
      () => this.onLanded(),
      (error: unknown) => this.#fail(error),
    );
    landed.catch(() => undefined);
    const landing = { load, landed };
    this.#landing.push(landing);
    void landed.then(
      () => this.#forget(landing),
      () => this.#forget(landing),
    );
    return { landed };
  }

  /** Waits for all of them. Rejects with the failure of one. */
  async landed(): Promise<void> {
    await Promise.allSettled(this.#landing.map(({ landed }) => landed));
    if (this.#hasFailed) throw this.#failure;
  }

  /** After a failure: all have settled, and from now on appends are taken again. */
  async startAnew(): Promise<void> {
    await this.landed().catch(() => undefined);
    this.#hasFailed = false;
    this.#failure = undefined;
  }

  #fail(error: unknown): never {
    this.#hasFailed = true;
    this.#failure ??= error;
    throw error;
  }

  #forget(landing: object): void {
    this.#landing = this.#landing.filter((other) => other !== landing);
  }

  #load(): number {
    return this.#landing.reduce((sum, { load }) => sum + load, 0);
  }
}
