import { UsageEvents } from '../ingest/index.js';
import type { ColumnBatch } from '../streaming/index.js';
import { linesPerBatch, type LineBatch } from './domain/line-batches.js';
import type { ImportLog } from './import-log.js';

/** Four whole batches, or more smaller ones: so that reading, counting and writing overlap. */
const mostLoad = 4;
/** Small appends go together from here on: a transaction costs as much as thousands of lines. */
const loadPerAppend = 0.5;
const leastLoad = 1 / 64;
const wholeBatchBytes = 1024 * 1024;

const loadOf = ({ events, refused, bytes }: LineBatch): number =>
  Math.min(
    1,
    Math.max(leastLoad, (events.length + refused.length) / linesPerBatch, bytes / wholeBatchBytes),
  );

/** What goes with one append: settles `committed` with it. */
interface Gathered {
  readonly batches: LineBatch[];
  readonly rows: ColumnBatch[];
  load: number;
  readonly committed: Promise<void>;
  commit(this: void, append: Promise<unknown>): void;
}

const newGathered = (): Gathered => {
  let commit: Gathered['commit'] = () => undefined;
  const committed = new Promise<void>((resolve) => {
    commit = (append) => resolve(append.then(() => undefined));
  });
  // told by append() and committed() too
  committed.catch(() => undefined);
  return { batches: [], rows: [], load: 0, committed, commit };
};

/** Appends of the importer, in order: a few at a time, and none behind one that failed. */
export class AppendsInFlight {
  #gathered = newGathered();
  readonly #committing = new Set<Gathered>();
  /** What is done behind appends. */
  readonly #endings = new Set<Promise<void>>();
  #failure: unknown;
  #hasFailed = false;

  constructor(
    private readonly log: ImportLog,
    private readonly onCommitted: () => void,
  ) {}

  /**
   * Takes what comes next in the log. It is on its way once enough is gathered, or with
   * `committed()`; `then` is called once it is durable, and never when it fails. Rejects behind an
   * append that failed.
   */
  async append(
    batch: LineBatch,
    rows: readonly ColumnBatch[],
    then?: () => Promise<void>,
  ): Promise<void> {
    this.#gathered.batches.push(batch);
    this.#gathered.rows.push(...rows);
    this.#gathered.load += loadOf(batch);
    if (then !== undefined) this.#end(this.#gathered.committed.then(then));
    if (this.#gathered.load >= loadPerAppend) await this.#send();
  }

  /** Sends what is gathered and waits for all. Rejects with the failure of one. */
  async committed(): Promise<void> {
    if (this.#gathered.batches.length > 0) await this.#send();
    await Promise.allSettled(Array.from(this.#committing, ({ committed }) => committed));
    if (this.#hasFailed) throw this.#failure;
    await Promise.all(this.#endings);
  }

  /** After a failure: all have settled, and from now on appends are taken again. */
  async startAnew(): Promise<void> {
    await this.committed().catch(() => undefined);
    await Promise.allSettled(this.#endings);
    this.#gathered = newGathered();
    this.#hasFailed = false;
    this.#failure = undefined;
  }

  #end(ending: Promise<void>): void {
    this.#endings.add(ending);
    const forget = (): boolean => this.#endings.delete(ending);
    // a failed append is told to all that comes behind it
    ending.then(forget, forget);
  }

  async #send(): Promise<void> {
    const sent = this.#gathered;
    this.#gathered = newGathered();
    while (this.#isFull(sent)) {
      const [first] = this.#committing;
      await first.committed.catch(() => undefined);
    }
    const append = this.#hasFailed ? Promise.reject(this.#failure) : this.#append(sent);
    sent.commit(append);
    if (this.#hasFailed) throw this.#failure;
  }

  #append(sent: Gathered): Promise<void> {
    this.#committing.add(sent);
    return this.log.append(eventsOf(sent.batches), sent.rows).then(
      () => {
        this.#committing.delete(sent);
        this.onCommitted();
      },
      (error: unknown) => {
        this.#committing.delete(sent);
        this.#hasFailed = true;
        this.#failure ??= error;
        throw error;
      },
    );
  }

  #isFull({ load }: Gathered): boolean {
    let sum = load;
    for (const { load } of this.#committing) sum += load;
    return this.#committing.size > 0 && sum > mostLoad;
  }
}

const eventsOf = (batches: readonly LineBatch[]): UsageEvents => {
  if (batches.length === 1) return batches[0].events;
  const events = new UsageEvents(batches.reduce((sum, batch) => sum + batch.events.length, 1));
  for (const batch of batches) events.pushAll(batch.events);
  return events;
};
