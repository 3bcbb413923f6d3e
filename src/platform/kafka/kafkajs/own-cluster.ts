import type { Kafka } from 'kafkajs';
import type { Exchange } from './fetch-response.js';

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

interface Broker {
  readonly connectionPool: { send(exchange: Exchange): Promise<object> };
  disconnect(): Promise<void>;
}

/** Connections that nothing else waits for. */
export const newCluster = (kafka: Kafka): Cluster => {
  const symbols = Object.getOwnPropertySymbols(kafka);
  const create = symbols.find(({ description }) => description === 'private:Kafka:createCluster');
  if (create === undefined) throw new Error('the installed kafkajs is not 2.2.4');
  const make = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[create];
  return make({ allowAutoTopicCreation: false });
};
