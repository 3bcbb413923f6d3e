import type { Admin, Kafka } from 'kafkajs';
import { pauseFor } from '../pause.js';
import { describeTopics, type DescribedTopic } from './kafkajs/allowed-operations.js';
import { kafkaFault } from './kafka-client.js';
import { ownConfigs, withAdmin } from './topics.js';

/** A consumer group and how many processes are in it. */
export interface FoundGroup {
  readonly groupId: string;
  readonly members: number;
}

const lookAgainAfterMs = 100;
const mostLooks = 300;

/** The groups whose names are wanted. Rejects with the faults of Kafka. */
export const findGroups = (
  kafka: Kafka,
  isWanted: (groupId: string) => boolean,
): Promise<FoundGroup[]> =>
  withAdmin(kafka, async (admin) => {
    const { groups } = await admin.listGroups();
    const ids = groups.map(({ groupId }) => groupId).filter(isWanted);
    if (ids.length === 0) return [];
    const described = await admin.describeGroups(ids);
    return described.groups.map(({ groupId, members }) => ({ groupId, members: members.length }));
  });

/** Forgets positions. Of groups nobody is in; else rejects, as with the faults of Kafka. */
export const deleteGroups = (kafka: Kafka, groupIds: readonly string[]): Promise<void> =>
  withAdmin(kafka, async (admin) => {
    if (groupIds.length > 0) await admin.deleteGroups([...groupIds]);
  });

const topicsThere = async (kafka: Kafka, names: readonly string[]): Promise<string[]> => {
  const { topics } = await describeTopics(kafka, names);
  return topics.filter(({ state }) => state === 'there').map(({ name }) => name);
};

/** The topics that are there and in which something was ever written. */
export const usedTopics = (kafka: Kafka, names: readonly string[]): Promise<string[]> =>
  withAdmin(kafka, async (admin) => {
    const used: string[] = [];
    for (const name of await topicsThere(kafka, names)) {
      const partitions = await admin.fetchTopicOffsets(name);
      if (partitions.some(({ offset }) => Number(offset) > 0)) used.push(name);
    }
    return used;
  });

/**
 * Deletes the topics and makes them again with the partitions, replicas and settings they had, so
 * that their offsets begin at 0. Rejects with the faults of Kafka; a topic may be gone then.
 */
export const renewTopics = (kafka: Kafka, names: readonly string[]): Promise<void> =>
  withAdmin(kafka, async (admin) => {
    const { topics } = await describeTopics(kafka, names);
    for (const topic of topics) if (topic.state === 'there') await renew(kafka, admin, topic);
  });

const renew = async (kafka: Kafka, admin: Admin, topic: DescribedTopic): Promise<void> => {
  const { name, replicas } = topic;
  const configEntries = await ownConfigs(admin, name);
  await admin.deleteTopics({ topics: [name] });
  for (let looks = 1; (await topicsThere(kafka, [name])).length > 0; looks++) {
    if (looks === mostLooks) throw kafkaFault(new Error(`topic ${name} is still being deleted`));
    await pauseFor(lookAgainAfterMs);
  }
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      {
        topic: name,
        numPartitions: replicas.length,
        replicationFactor: Math.min(...replicas),
        configEntries,
      },
    ],
  });
};
