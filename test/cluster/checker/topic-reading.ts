import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { logEnds } from './log-ends.js';
import { RawReader, type RawRecord } from './raw-reader.js';
import { Transactions } from './transactions.js';
import type { TopicEnd, TopicMessage } from './world.js';

const retry = { initialRetryTime: 20, multiplier: 1.5, factor: 0, maxRetryTime: 1000, retries: 30 };

/** A client of kafkajs for the broker on that port, without a word on the terminal. */
export const newClient = (port: number): Kafka =>
  new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING, retry });

const textsOf = (headers: RawRecord['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name, value?.toString() ?? '']),
  );

const messageOf = (topic: string, partition: number, record: RawRecord): TopicMessage => ({
  ...{ topic, partition, offset: Number(record.offset) },
  key: record.key?.toString(),
  timestampMs: Number(record.timestamp),
  headers: textsOf(record.headers),
  value: record.value?.toString() ?? '',
});

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

/** Where all partitions of topics end, now or by `decidedEnds`. */
export const endsOfTopics = async (
  port: number,
  topics: readonly string[],
  endsOf = logEnds,
): Promise<TopicEnd[]> => {
  const found: TopicEnd[] = [];
  for (const topic of topics) {
    const ends = await endsOf(port, topic, await partitionsOf(port, topic));
    found.push(...ends.map((end) => ({ topic, ...end })));
  }
  return found;
};

/** All committed messages of a topic from its beginning to where it ends now. */
export const readTopic = async (port: number, topic: string): Promise<TopicMessage[]> => {
  const ends = await logEnds(port, topic, await partitionsOf(port, topic));
  const reader = await RawReader.open(newClient(port), [topic]);
  const transactions = new Transactions();
  const messages: TopicMessage[] = [];
  const isRead = (): boolean =>
    ends.every(({ partition, all }) => reader.nextOffset(topic, partition) >= all);
  try {
    while (!isRead()) {
      for (const { partition, record } of await reader.next()) {
        for (const committed of transactions.take(`${partition}`, record)) {
          messages.push(messageOf(topic, partition, committed));
        }
      }
    }
  } finally {
    await reader.close();
  }
  const below = new Map(ends.map(({ partition, committed }) => [partition, committed]));
  return messages
    .filter(({ partition, offset }) => offset < (below.get(partition) ?? 0))
    .sort((a, b) => a.partition - b.partition || a.offset - b.offset);
};

/**
 * Reads committed messages of topics all the time, from their beginning, and remembers what it
 * saw: whatever else it sees at the same place later is remembered too.
 */
export class SecondReader {
  readonly #seen = new Map<string, TopicMessage>();
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
      await this.#readOn().catch(() => sleep(500));
    }
  }

  /** Until it is stopped, or the broker is away. */
  async #readOn(): Promise<void> {
    const reader = await RawReader.open(newClient(this.port), this.topics);
    const transactions = new Transactions();
    try {
      while (!this.#stopping) {
        for (const { topic, partition, record } of await reader.next()) {
          for (const committed of transactions.take(`${topic} ${partition}`, record)) {
            const message = messageOf(topic, partition, committed);
            const { offset, value, headers } = message;
            this.#seen.set(`${topic} ${partition} ${offset} ${headers.id ?? ''} ${value}`, message);
          }
        }
      }
    } finally {
      await reader.close();
    }
  }
}
