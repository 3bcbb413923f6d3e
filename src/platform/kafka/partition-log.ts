import { type LogEvents, type PartitionLog } from '../../streaming/index.js';
import type { Fetched } from './kafkajs/partition-fetcher.js';
import type { FetchedMessage } from './kafkajs/record-batches.js';

export interface KafkaPartitionLogOptions<E extends LogEvents> {
  readonly fetcher: {
    fetch(offset: number): Promise<Fetched>;
    close(): Promise<void>;
  };
  /** One event a message, with its offset. */
  readonly decode: (messages: readonly FetchedMessage[]) => E;
  /** Most events of one batch. */
  readonly batchEvents: number;
  /** How often the end of the log is looked for before it is taken for cut off. */
  readonly endTries?: number;
}

interface Ahead {
  readonly offset: number;
  readonly fetched: Promise<Fetched>;
}

/**
 * A partition of a topic as its task reads it. While a batch is processed the next one is fetched.
 * Offsets are those of the topic, so there are gaps where markers of transactions stand.
 */
export class KafkaPartitionLog<E extends LogEvents> implements PartitionLog<E> {
  /** Fetched, and not handed out yet. */
  #rest: readonly FetchedMessage[] = [];
  /** Every message below was handed out. */
  #handedEnd = 0;
  /** Every message below was handed out or is in `#rest`. */
  #fetchedEnd = 0;
  #ahead: Ahead | undefined;
  #closed = false;
  /** Ends the wait for a fetch. */
  #endWait: () => void = () => undefined;

  constructor(private readonly options: KafkaPartitionLogOptions<E>) {}

  async read(offset: number): Promise<E | undefined> {
    // none when nothing came for a while: the task looks after its commits then
    const messages = await this.#next(offset);
    return messages === undefined ? undefined : this.options.decode(messages);
  }

  /** Ends early when the log ends before `to`: the task says what that means. */
  async *stored(from: number, to: number): AsyncGenerator<E> {
    let emptyFetches = 0;
    for (let at = from; at < to;) {
      const messages = await this.#next(at);
      if (messages === undefined) return;
      const wanted = messages.filter(({ offset }) => offset < to);
      if (wanted.length > 0) yield this.options.decode(wanted);
      const next = messages.length > 0 ? this.#handedEnd : this.#fetchedEnd;
      emptyFetches = next > at ? 0 : emptyFetches + 1;
      if (emptyFetches >= (this.options.endTries ?? defaultEndTries)) return;
      at = next;
    }
  }

  /** Where reading on from `offset` begins: behind the markers, when no more is known behind it. */
  readOn(offset: number): number {
    const isAllHandedOut = this.#rest.length === 0 && offset >= this.#handedEnd;
    return isAllHandedOut ? Math.max(offset, this.#fetchedEnd) : offset;
  }

  /** read() answers undefined from now on, also one that waits. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#endWait();
    await this.options.fetcher.close();
  }

  /** Messages from `offset` on; none when nothing came in time; undefined once closed. */
  async #next(offset: number): Promise<readonly FetchedMessage[] | undefined> {
    if (offset < this.#handedEnd || offset > this.#fetchedEnd || this.#isRestBelow(offset)) {
      this.#seek(offset);
    }
    if (this.#rest.length === 0) {
      const fetched = await this.#waitFor(this.#fetchedEnd);
      if (fetched === undefined) return undefined;
      this.#rest = fetched.messages;
      this.#fetchedEnd = fetched.nextOffset;
    }
    const { batchEvents } = this.options;
    const messages = this.#rest.slice(0, batchEvents);
    if (messages.length === 0) return messages;
    this.#rest = this.#rest.slice(batchEvents);
    this.#handedEnd = messages[messages.length - 1].offset + 1;
    if (this.#rest.length === 0) this.#fetchAhead(this.#fetchedEnd);
    return messages;
  }

  /** After another owner went on from where this one stood, what it has fetched is done already. */
  #isRestBelow(offset: number): boolean {
    return this.#rest.length > 0 && this.#rest[0].offset < offset;
  }

  #seek(offset: number): void {
    this.#rest = [];
    this.#ahead = undefined;
    this.#handedEnd = offset;
    this.#fetchedEnd = offset;
  }

  /**
   * Undefined once closed. A race with a promise of the closing would do the same, and keep all
   * that was ever fetched until the log is closed.
   */
  #waitFor(offset: number): Promise<Fetched | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return resolve(undefined);
      this.#endWait = () => resolve(undefined);
      this.#fetch(offset).then(resolve, reject);
    });
  }

  #fetch(offset: number): Promise<Fetched> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead?.offset === offset ? ahead.fetched : this.options.fetcher.fetch(offset);
  }

  #fetchAhead(offset: number): void {
    const fetched = this.options.fetcher.fetch(offset);
    fetched.catch(() => undefined); // thrown where it is waited for
    this.#ahead = { offset, fetched };
  }
}

/** A minute: a new leader may need 30 s (replica.lag.time.max.ms) to know what is committed. */
const defaultEndTries = 120;
