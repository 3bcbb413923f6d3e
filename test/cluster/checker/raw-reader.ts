import type { Kafka } from 'kafkajs';

/** A record as it lies in a partition: marks of transactions and aborted ones too. */
export interface RawRecord {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

interface Found {
  readonly topic: string;
  readonly partition: number;
  readonly record: RawRecord;
}

interface FetchAnswer {
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly { partition: number; messages: readonly RawRecord[] }[];
  }[];
}

interface Broker {
  fetch(request: object): Promise<FetchAnswer>;
}

/** The connections of kafkajs, without the consumer that would leave records out. */
interface Connections {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly { partitionId: number; leader: number }[];
  findBroker(node: { nodeId: string }): Promise<Broker>;
}

const connectionsOf = (client: Kafka): Connections => {
  const create = Object.getOwnPropertySymbols(client).find((symbol) =>
    String(symbol).includes('createCluster'),
  );
  return (client as unknown as Record<symbol, (options: object) => Connections>)[create as symbol]({
    allowAutoTopicCreation: false,
    isolationLevel: 0,
  });
};

const maxBytes = 8 * 1024 * 1024;
const maxWaitMs = 100;

/** Reads all partitions of topics from offset 0, every record there is, from the one broker. */
export class RawReader {
  readonly #next = new Map<string, Map<number, number>>();

  private constructor(
    private readonly connections: Connections,
    private readonly broker: Broker,
    topics: readonly string[],
  ) {
    for (const topic of topics) {
      const found = connections.findTopicPartitionMetadata(topic);
      this.#next.set(topic, new Map(found.map(({ partitionId }) => [partitionId, 0])));
    }
  }

  static async open(client: Kafka, topics: readonly string[]): Promise<RawReader> {
    const connections = connectionsOf(client);
    await connections.connect();
    await connections.addMultipleTargetTopics(topics);
    const [{ leader }] = connections.findTopicPartitionMetadata(topics[0]);
    const broker = await connections.findBroker({ nodeId: String(leader) });
    return new RawReader(connections, broker, topics);
  }

  /** Behind the last record that was read. */
  nextOffset(topic: string, partition: number): number {
    return this.#next.get(topic)?.get(partition) ?? 0;
  }

  /** What came within a moment, of each partition in order. */
  async next(): Promise<readonly Found[]> {
    const { responses } = await this.broker.fetch({
      ...{ isolationLevel: 0, maxWaitTime: maxWaitMs, minBytes: 1, maxBytes },
      topics: Array.from(this.#next, ([topic, partitions]) => ({
        topic,
        partitions: Array.from(partitions, ([partition, offset]) => ({
          ...{ partition, maxBytes },
          fetchOffset: String(offset),
        })),
      })),
    });
    return responses.flatMap(({ topicName: topic, partitions }) =>
      partitions.flatMap(({ partition, messages }) => this.#taken(topic, partition, messages)),
    );
  }

  close(): Promise<void> {
    return this.connections.disconnect();
  }

  /** A broker sends whole batches, also what stands before the offset in them. */
  #taken(topic: string, partition: number, messages: readonly RawRecord[]): Found[] {
    const from = this.nextOffset(topic, partition);
    const fresh = messages.filter(({ offset }) => Number(offset) >= from);
    const last = fresh.at(-1);
    if (last !== undefined) this.#next.get(topic)?.set(partition, Number(last.offset) + 1);
    return fresh.map((record) => ({ topic, partition, record }));
  }
}
