export type { Admin, Kafka } from 'kafkajs';
export * from './errors.js';
export { deleteGroups, findGroups, renewTopics, usedTopics } from './fresh-topics.js';
export { GroupOffsets } from './group-offsets.js';
export { kafkaFault, newKafka, type KafkaLog, type KafkaOptions } from './kafka-client.js';
export { PartitionFetcher } from './kafkajs/partition-fetcher.js';
export { PartitionGroup } from './partition-group.js';
export { KafkaPartitionLog } from './partition-log.js';
export { KafkaPartitionTransactions } from './partition-transactions.js';
export type { FetchedMessage } from './kafkajs/record-batches.js';
export { headerBytes, RecordChunks } from './kafkajs/record-chunks.js';
export { RecordWriter } from './record-writer.js';
export {
  checkTopics,
  ensureTopics,
  impossibleTopics,
  type KafkaCheck,
  type WantedKafka,
  type WantedTopic,
} from './topics.js';
export { readMessage, TopicReader, type ReadMessage } from './topic-reader.js';
export { TransactionalSender } from './transactional-sender.js';
