import { partitionOfNumber } from '../../streaming/index.js';

/**
 * The shard of a key: the hash that Kafka partitions by, so that a shard belongs to one partition
 * (shard % partitions) when the number of shards is a multiple of the number of partitions.
 */
export const shardOf = (key: number, shards: number): number => partitionOfNumber(key, shards);
