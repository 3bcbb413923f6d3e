import type { Kafka, KafkaMessage } from 'kafkajs';
import Batch from 'kafkajs/src/consumer/batch.js';
import { committedMessages, type FetchedMessage } from './committed-messages.js';
import { kafkaErrors } from './errors.js';
import { kafkaFault } from './kafka-client.js';
import { newCluster, readCommitted, type Cluster, type PartitionData } from './kafka-internals.js';
import { Fault } from '../../streaming/index.js';

/** Which partition, and how much of it at a time. */
export interface FetchOptions {
  readonly topic: string;
  readonly partition: number;
  /** Bytes of one answer; a larger record batch is sent whole. */
  readonly maxBytes?: number;
  /** How long the broker waits for something new. */
  readonly maxWaitMs?: number;
}

/** Messages of a partition in order; offsets may have gaps. */
export interface Fetched {
  readonly messages: readonly KafkaMessage[];
  /** Where to go on: behind the last message, markers and aborted ones included. */
  readonly nextOffset: number;
  /** Everything below is decided: committed or aborted. */
  readonly stableEnd: number;
}

const defaultMaxBytes = 2 * 1024 * 1024;
const defaultMaxWaitMs = 500;

const isOutOfRange = (error: unknown): boolean =>
  (error as { type?: unknown }).type === 'OFFSET_OUT_OF_RANGE';

/** Reads one partition from any offset, committed messages only, on connections of its own. */
export class PartitionFetcher {
  readonly #cluster: Cluster;
  #isConnected = false;

  constructor(
    kafka: Kafka,
    private readonly options: FetchOptions,
  ) {
    this.#cluster = newCluster(kafka);
  }

  /**
   * What stands at the offset and behind it; empty when nothing came in time. Rejects with
   * LOG_TRIMMED or LOG_CUT_OFF when the log does not reach to the offset (StateCorrupt), and with
   * the faults of a connection (Retry).
   */
  async fetch(offset: number): Promise<Fetched> {
    try {
      return await this.#fetch(offset);
    } catch (error) {
      if (isOutOfRange(error)) throw await this.#outOfRange(offset, error);
      // who the leader is may be known no longer
      if (this.#isConnected) await this.#cluster.refreshMetadata().catch(() => undefined);
      throw kafkaFault(error);
    }
  }

  /** The first offset there is, and the one the next message gets. */
  async ends(): Promise<{ first: number; next: number }> {
    try {
      await this.#connect();
      const [first, next] = await Promise.all([this.#end(true), this.#end(false)]);
      return { first, next };
    } catch (error) {
      throw kafkaFault(error);
    }
  }

  async close(): Promise<void> {
    await this.#cluster.disconnect().catch(() => undefined);
  }

  async #fetch(offset: number): Promise<Fetched> {
    const { topic, partition, maxBytes = defaultMaxBytes } = this.options;
    await this.#connect();
    const broker = await this.#cluster.findBroker({ nodeId: this.#leader() });
    const fetchOffset = String(offset);
    const { responses } = await broker.fetch({
      isolationLevel: readCommitted,
      maxWaitTime: this.options.maxWaitMs ?? defaultMaxWaitMs,
      minBytes: 1,
      maxBytes,
      topics: [{ topic, partitions: [{ partition, fetchOffset, maxBytes }] }],
    });
    const data = responses[0]?.partitions[0];
    return data === undefined ? nothing(offset) : this.#read(offset, data);
  }

  #read(offset: number, data: PartitionData): Fetched {
    const batch = new Batch(this.options.topic, String(offset), data);
    const isEmpty = batch.isEmptyIncludingFiltered() && !batch.isEmptyDueToLogCompactedMessages();
    const messages = batch.messagesWithinOffset as readonly FetchedMessage[];
    return {
      messages: committedMessages(messages, data.abortedTransactions),
      nextOffset: isEmpty ? offset : Number(batch.lastOffset()) + 1,
      stableEnd: Number(data.lastStableOffset),
    };
  }

  #leader(): string {
    const { topic, partition } = this.options;
    const all = this.#cluster.findTopicPartitionMetadata(topic);
    const found = all.find(({ partitionId }) => partitionId === partition);
    if (found !== undefined && found.leader >= 0) return String(found.leader);
    const { reaction, meaning } = kafkaErrors.KAFKA_NO_LEADER;
    throw new Fault('KAFKA_NO_LEADER', reaction, meaning, { facts: { topic, partition } });
  }

  async #connect(): Promise<void> {
    if (this.#isConnected) return;
    await this.#cluster.connect();
    await this.#cluster.addTargetTopic(this.options.topic);
    this.#isConnected = true;
  }

  async #end(fromBeginning: boolean): Promise<number> {
    const { topic, partition } = this.options;
    const asked = [{ topic, partitions: [{ partition }], fromBeginning }];
    const [answer] = await this.#cluster.fetchTopicsOffset(asked);
    return Number(answer.partitions[0].offset);
  }

  /** Before its first event the log was deleted, behind its last one it was lost. */
  async #outOfRange(offset: number, cause: unknown): Promise<Fault> {
    const { topic, partition } = this.options;
    const { first, next } = await this.ends();
    const code = offset < first ? 'LOG_TRIMMED' : 'LOG_CUT_OFF';
    const message = `${topic} ${partition}: ${offset} is asked for, there is ${first} to ${next}`;
    const facts = { topic, partition, offset, firstOffset: first, nextOffset: next };
    return new Fault(code, kafkaErrors[code].reaction, message, { facts, cause });
  }
}

const nothing = (offset: number): Fetched => ({
  messages: [],
  nextOffset: offset,
  stableEnd: offset,
});
