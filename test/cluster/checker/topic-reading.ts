import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Consumer, type EachBatchPayload, type KafkaMessage } from 'kafkajs';
import { logEnds, type LogEnd } from './log-ends.js';
import type { TopicEnd, TopicMessage } from './world.js';

const retry = { initialRetryTime: 20, multiplier: 1.5, factor: 0, maxRetryTime: 1000, retries: 30 };

/** A client of kafkajs for the broker on that port, without a word on the terminal. */
export const newClient = (port: number): Kafka =>
  new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING, retry });

const textsOf = (headers: KafkaMessage['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name, value?.toString() ?? '']),
  );

const messagesOf = ({ batch }: EachBatchPayload): TopicMessage[] =>
  batch.messages.map(({ offset, key, timestamp, headers, value }) => ({
    ...{ topic: batch.topic, partition: batch.partition, offset: Number(offset) },
    ...{ key: key?.toString(), timestampMs: Number(timestamp), headers: textsOf(headers) },
    value: value?.toString() ?? '',
  }));

const newConsumer = async (port: number, topics: readonly string[]): Promise<Consumer> => {
  const groupId = `reader-${randomUUID()}`;
  const options = { groupId, maxWaitTimeInMs: 100, readUncommitted: false };
  const consumer = newClient(port).consumer(options);
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  return consumer;
};

const partitionsOf = async (port: number, topic: string): Promise<number[]> => {
  const admin = newClient(port).admin();
  await admin.connect();
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0].partitions.map(({ partitionId }) => partitionId);
  } finally {
    await admin.disconnect();
  }
};

/** Where all partitions of topics end. */
export const endsOfTopics = async (
  port: number,
  topics: readonly string[],
): Promise<TopicEnd[]> => {
  const found: TopicEnd[] = [];
  for (const topic of topics) {
    const ends = await logEnds(port, topic, await partitionsOf(port, topic));
    found.push(...ends.map((end) => ({ topic, ...end })));
  }
  return found;
};

/** All committed messages of a topic from its beginning to where it ends now. */
export const readTopic = async (port: number, topic: string): Promise<TopicMessage[]> => {
  const ends = await logEnds(port, topic, await partitionsOf(port, topic));
  const left = new Map(
    ends
      .filter(({ committed }) => committed > 0)
      .map((end): [number, LogEnd] => [end.partition, end]),
  );
  const messages: TopicMessage[] = [];
  if (left.size === 0) return messages;
  const consumer = await newConsumer(port, [topic]);
  try {
    await new Promise<void>((done, failed) => {
      // Told also of batches of which nothing is to be seen, such as the mark of a commit.
      consumer.on('consumer.end_batch_process', ({ payload }) => {
        const end = left.get(payload.partition);
        if (end !== undefined && Number(payload.lastOffset) + 1 >= end.committed) {
          left.delete(payload.partition);
        }
        if (left.size === 0) done();
      });
      consumer.on('consumer.crash', ({ payload }) => failed(payload.error));
      const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
        messages.push(...messagesOf(payload));
      };
      consumer.run({ autoCommit: false, eachBatch }).catch(failed);
    });
  } finally {
    await consumer.disconnect();
  }
  return messages.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
};

/**
 * Reads committed messages of topics all the time, from their beginning, and remembers what it
 * saw: whatever else it sees at the same place later is remembered too.
 */
export class SecondReader {
  readonly #seen = new Map<string, TopicMessage>();
  #consumer: Consumer | undefined;
  #stopping = false;
  #starts = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly port: number,
    private readonly topics: readonly string[],
  ) {}

  start(): void {
    this.#running = this.#run();
  }

  get seen(): TopicMessage[] {
    return [...this.#seen.values()];
  }

  /** How often it had to begin anew because the broker was away. */
  get starts(): number {
    return this.#starts;
  }

  async stop(): Promise<TopicMessage[]> {
    this.#stopping = true;
    await this.#running;
    return this.seen;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#starts++;
      await this.#readUntilCrash().catch(() => sleep(500));
      await this.#consumer?.disconnect().catch(() => undefined);
    }
  }

  async #readUntilCrash(): Promise<void> {
    const consumer = await newConsumer(this.port, this.topics);
    this.#consumer = consumer;
    let hasCrashed = false;
    consumer.on('consumer.crash', () => (hasCrashed = true));
    const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
      for (const message of messagesOf(payload)) {
        const { topic, partition, offset, value, headers } = message;
        this.#seen.set(`${topic} ${partition} ${offset} ${headers.id ?? ''} ${value}`, message);
      }
    };
    await consumer.run({ autoCommit: false, eachBatch });
    while (!hasCrashed && !this.#stopping) await sleep(100);
  }
}
