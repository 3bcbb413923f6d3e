import { Partitioners, type PartitionMetadata } from 'kafkajs';

const partitioner = Partitioners.DefaultPartitioner();
const known = new Map<string, number>();

/** Which of so many partitions, or shards, a key belongs to, by the partitioner of kafkajs. */
export const slotOf = (key: string | number, slots: number): number => {
  const name = `${key} ${slots}`;
  let slot = known.get(name);
  if (slot === undefined) {
    const partitionMetadata = Array.from({ length: slots }, (_, partitionId) => ({
      ...{ partitionId, leader: 1 },
    })) as PartitionMetadata[];
    slot = partitioner({ topic: '', partitionMetadata, message: { key: String(key), value: '' } });
    known.set(name, slot);
  }
  return slot;
};
