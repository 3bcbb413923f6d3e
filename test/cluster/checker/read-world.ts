import { TableReading } from './table-reading.js';
import { decidedEnds } from './log-ends.js';
import { endsOfTopics, newClient, readTopic } from './topic-reading.js';
import type { CommittedPosition, DroppedFile, TopicMessage, World } from './world.js';

/** Where a cluster is, and what it is called there. */
export interface ClusterPlace {
  readonly kafkaPort: number;
  readonly cassandraPort: number;
  readonly keyspace: string;
  readonly clusterName: string;
  readonly partitions: number;
  readonly shards: number;
  readonly topics: {
    readonly log: string;
    readonly agreements: string;
    readonly messages: string;
    readonly journal: string;
  };
}

/** What the group that counts has committed. */
export const readPositions = async (place: ClusterPlace): Promise<CommittedPosition[]> => {
  const admin = newClient(place.kafkaPort).admin();
  await admin.connect();
  try {
    const groupId = `${place.clusterName}-usage`;
    const [found] = await admin.fetchOffsets({ groupId, topics: [place.topics.log] });
    return found.partitions.map(({ partition, offset, metadata }) => ({
      partition,
      offset: Math.max(0, Number(offset)),
      cursor: Number(metadata ?? 0),
    }));
  } finally {
    await admin.disconnect();
  }
};

/** Messages of the log that are not processed and committed yet, over all partitions. */
export const lagOf = async (place: ClusterPlace): Promise<number> => {
  const [ends, positions] = [
    await endsOfTopics(place.kafkaPort, [place.topics.log]),
    await readPositions(place),
  ];
  // Behind the last message stands the mark of its commit: one offset is no lag.
  return ends.reduce((lag, { partition, all }) => {
    const at = positions.find((one) => one.partition === partition)?.offset ?? 0;
    return lag + Math.max(0, all - 1 - at);
  }, 0);
};

/** Committed messages of the log behind the positions, counted one by one. */
export const unprocessed = async (place: ClusterPlace): Promise<number> => {
  const [log, positions] = [
    await readTopic(place.kafkaPort, place.topics.log),
    await readPositions(place),
  ];
  const offsets = new Map(positions.map(({ partition, offset }) => [partition, offset]));
  return log.filter(({ partition, offset }) => offset >= (offsets.get(partition) ?? 0)).length;
};

/** Everything there is, read with clients of its own: topics from offset 0, tables whole. */
export const readWorld = async (
  place: ClusterPlace,
  input: { readonly dropped: readonly DroppedFile[]; readonly seen?: readonly TopicMessage[] },
): Promise<World> => {
  const { kafkaPort, partitions, shards, topics } = place;
  const { dropped, seen = [] } = input;
  const all = [...Object.values(topics), '__consumer_offsets'];
  const ends = await endsOfTopics(kafkaPort, all, decidedEnds);
  const [log, messages] = [
    await readTopic(kafkaPort, topics.log),
    await readTopic(kafkaPort, topics.messages),
  ];
  const tables = await TableReading.open(place.cassandraPort, place.keyspace);
  try {
    return {
      ...{ partitions, shards, dropped, seen, ends, log, messages },
      positions: await readPositions(place),
      rows: await tables.rows(),
      waitingRows: await tables.waitingRows(),
      dataRecords: await tables.dataRecords(),
      agreements: await tables.agreements(),
      files: await tables.files(),
      books: await tables.books(),
      deadLetters: await tables.deadLetters(),
      messageCopies: await tables.messageCopies(),
    };
  } finally {
    await tables.close();
  }
};
