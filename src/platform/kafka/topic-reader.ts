import type { Kafka } from 'kafkajs';
import { Fault } from '../../streaming/index.js';
import { PartitionFetcher } from './kafkajs/partition-fetcher.js';
import type { FetchedMessage } from './kafkajs/record-batches.js';

/** A committed message as it lies in a partition. */
export interface ReadMessage {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly timestampMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

const noWaitMs = 1;

/** A fetched message with its place, as texts; '' for a key or a value that is not there. */
export const readMessage = (partition: number, message: FetchedMessage): ReadMessage => ({
  partition,
  offset: message.offset,
  key: message.key?.toString() ?? '',
  timestampMs: message.timestampMs,
  headers: message.headers,
  value: message.value?.toString() ?? '',
});

/** One of each list in turn, so that no partition comes first for ever. */
const inTurn = (lists: readonly (readonly ReadMessage[])[], limit: number): ReadMessage[] => {
  const taken: ReadMessage[] = [];
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  for (let at = 0; at < longest && taken.length < limit; at++) {
    for (const list of lists) if (at < list.length && taken.length < limit) taken.push(list[at]);
  }
  return taken;
};

/** Reads a topic from any offsets, committed messages only, without a consumer group. */
export class TopicReader {
  readonly #fetchers: readonly PartitionFetcher[];

  constructor(
    kafka: Kafka,
    readonly topic: string,
    readonly partitions: number,
  ) {
    this.#fetchers = Array.from(
      { length: partitions },
      (_, partition) => new PartitionFetcher(kafka, { topic, partition, maxWaitMs: noWaitMs }),
    );
  }

  /**
   * Messages from the given offset of each partition on, at most `limit`, those of one partition
   * in order. An offset below the start of a partition means its start.
   */
  async read(fromByPartition: ReadonlyMap<number, number>, limit: number): Promise<ReadMessage[]> {
    const lists = await Promise.all(
      Array.from(fromByPartition, ([partition, from]) => this.#partition(partition, from, limit)),
    );
    return inTurn(lists, limit);
  }

  /** Everything that is committed now, partition by partition. */
  async all(): Promise<ReadMessage[]> {
    const from = new Map(this.#fetchers.map((_, partition) => [partition, 0]));
    return this.read(from, Infinity);
  }

  /** The offset behind the last message of each partition; markers count too. */
  async ends(): Promise<ReadonlyMap<number, number>> {
    const ends = await Promise.all(this.#fetchers.map((fetcher) => fetcher.ends()));
    return new Map(ends.map(({ next }, partition) => [partition, next]));
  }

  async close(): Promise<void> {
    await Promise.all(this.#fetchers.map((fetcher) => fetcher.close()));
  }

  async #partition(partition: number, from: number, limit: number): Promise<ReadMessage[]> {
    const found: ReadMessage[] = [];
    const fetcher = this.#fetchers[partition];
    for (let at = await this.#start(fetcher, from); found.length < limit;) {
      const { messages, nextOffset, stableEnd } = await fetcher.fetch(at);
      for (const message of messages.slice(0, limit - found.length)) {
        found.push(readMessage(partition, message));
      }
      if (nextOffset <= at || nextOffset >= stableEnd) break;
      at = nextOffset;
    }
    return found;
  }

  async #start(fetcher: PartitionFetcher, from: number): Promise<number> {
    const { first, next } = await fetcher.ends();
    if (from > next) {
      const facts = { topic: this.topic, offset: from, nextOffset: next };
      throw new Fault('LOG_CUT_OFF', 'StateCorrupt', `${this.topic} ends before ${from}`, {
        facts,
      });
    }
    return Math.max(from, first);
  }
}
