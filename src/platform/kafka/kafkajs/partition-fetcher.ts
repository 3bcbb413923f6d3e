import type { Kafka } from 'kafkajs';
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js';
import { Fault } from '../../../streaming/index.js';
import { committedMessages } from './committed-messages.js';
import { kafkaErrors } from '../errors.js';
import { fetchExchange, type FetchResponse, type PartitionData } from './fetch-response.js';
import { kafkaFault } from '../kafka-client.js';
import { newCluster, type Cluster } from './own-cluster.js';
import { readRecordBatches, type FetchedMessage } from './record-batches.js';

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
  readonly messages: readonly FetchedMessage[];
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
  #isClosed = false;

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
      // it may just have been connecting; else, who the leader is may be known no longer
      if (this.#isClosed) await this.close();
      else if (this.#isConnected) await this.#cluster.refreshMetadata().catch(() => undefined);
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

  /** What is on its way may go on for a moment; nothing is asked behind it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#cluster.disconnect().catch(() => undefined);
  }

  async #fetch(offset: number): Promise<Fetched> {
    await this.#connect();
    // a broker that holds back who asks for too much names no partition; kafkajs waits as told
    for (;;) {
      const data = await this.#ask(offset);
      if (data !== undefined) return fetched(offset, data);
    }
  }

  async #ask(offset: number): Promise<PartitionData | undefined> {
    if (this.#isClosed) throw closed();
    const { maxBytes = defaultMaxBytes, maxWaitMs = defaultMaxWaitMs } = this.options;
    const broker = await this.#cluster.findBroker({ nodeId: this.#leader() });
    const exchange = fetchExchange({ ...this.options, offset, maxBytes, maxWaitMs });
    try {
      const answer = (await broker.connectionPool.send(exchange)) as FetchResponse;
      const [data] = answer.responses.flatMap(({ partitions }) => partitions);
      if (data === undefined && answer.errorCode !== 0) throw createErrorFromCode(answer.errorCode);
      return data;
    } catch (error) {
      // it would count as connected
      if ((error as Error).name === 'KafkaJSConnectionClosedError') await broker.disconnect();
      throw error;
    }
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
    if (this.#isClosed) throw closed();
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

/** A batch is sent whole, also when an earlier message than the wanted one is in it. */
const fetched = (offset: number, data: PartitionData): Fetched => {
  const batches = readRecordBatches(data.records, offset);
  const messages = committedMessages(batches, data.abortedTransactions);
  return {
    messages: messages.filter((message) => message.offset >= offset),
    nextOffset: Math.max(offset, (batches.at(-1)?.lastOffset ?? -1) + 1),
    stableEnd: Number(data.lastStableOffset),
  };
};

const closed = (): Fault => {
  const { reaction, meaning } = kafkaErrors.KAFKA_UNREACHABLE;
  return new Fault('KAFKA_UNREACHABLE', reaction, `${meaning} This reader is closed.`);
};
