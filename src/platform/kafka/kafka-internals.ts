import type { Kafka } from 'kafkajs';
import type { AbortedTransaction } from './committed-messages.js';

/**
 * The part of kafkajs 2.2.4 (the version is pinned) that it has no public door to: fetching from
 * an offset without a consumer group. Its consumer keeps a cursor of its own, jumps silently over
 * what was deleted, and lets one slow partition hold back all others (docs/adr/0008).
 */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly { partitionId: number; leader: number }[];
  findBroker(node: { nodeId: string }): Promise<Broker>;
  fetchTopicsOffset(
    topics: readonly {
      topic: string;
      partitions: readonly { partition: number }[];
      fromBeginning: boolean;
    }[],
  ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
}

/** Answer of a fetch for one partition; `messages` are those of whole record batches. */
export interface PartitionData {
  readonly partition: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly abortedTransactions: readonly AbortedTransaction[];
}

interface Broker {
  fetch(request: FetchRequest): Promise<{ responses: { partitions: PartitionData[] }[] }>;
}

interface FetchRequest {
  readonly isolationLevel: number;
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: string;
      readonly maxBytes: number;
    }[];
  }[];
}

/** Aborted transactions are left out of what is fetched. */
export const readCommitted = 1;

/** Connections that nothing else waits for. */
export const newCluster = (kafka: Kafka): Cluster => {
  const symbols = Object.getOwnPropertySymbols(kafka);
  const create = symbols.find(({ description }) => description === 'private:Kafka:createCluster');
  if (create === undefined) throw new Error('the installed kafkajs is not 2.2.4');
  const make = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[create];
  return make({ allowAutoTopicCreation: false, isolationLevel: readCommitted });
};
