import type { Kafka } from 'kafkajs';
import Encoder from 'kafkajs/src/protocol/encoder.js';
import { pauseFor } from '../../pause.js';
import { kafkaFault } from '../kafka-client.js';
import {
  ask,
  notCoordinating,
  onConnection,
  type Question,
  type RawCluster,
  type Reader,
} from './raw-requests.js';
import type { Operation } from '../topic-rules.js';

/** What a user may do with a topic or a group, by its place in the protocol (AclOperation). */
const operations = {
  READ: 3,
  WRITE: 4,
  DESCRIBE: 8,
  DESCRIBE_CONFIGS: 10,
} as const satisfies Record<Operation, number>;

/** A topic as the brokers describe it to this user. */
export interface DescribedTopic {
  readonly name: string;
  /** `hidden`: the user may not see whether it is there. */
  readonly state: 'there' | 'missing' | 'hidden';
  /** Replicas of each partition. */
  readonly replicas: readonly number[];
  readonly allowed: ReadonlySet<Operation>;
}

export interface DescribedTopics {
  readonly brokers: number;
  readonly topics: readonly DescribedTopic[];
}

const operationsOf = (bits: number): ReadonlySet<Operation> =>
  new Set(
    (Object.keys(operations) as Operation[]).filter((name) => (bits >> operations[name]) & 1),
  );

const unknownTopic = 3;
const noTopicRight = 29;

const stateOf = (code: number): DescribedTopic['state'] =>
  code === unknownTopic ? 'missing' : code === noTopicRight ? 'hidden' : 'there';

const readTopic = (reader: Reader): DescribedTopic => {
  const code = reader.int16();
  const name = reader.text();
  reader.int8();
  const replicas = reader.list(() => {
    reader.int16();
    reader.skipInt32s(['partition', 'leader', 'leader epoch'].length);
    const { length } = reader.list(() => reader.int32());
    reader.list(() => reader.int32()); // in sync
    reader.list(() => reader.int32()); // offline
    return length;
  });
  return { name, state: stateOf(code), replicas, allowed: operationsOf(reader.int32()) };
};

/** Metadata, version 8 (KIP-430): the first that tells what the user may do; kafkajs stops at 6. */
const metadataOf = (names: readonly string[]): Question<DescribedTopics> => ({
  api: { key: 3, version: 8, name: 'Metadata' },
  // no topic is made by asking, rights on the cluster are not asked, those on topics are
  body: new Encoder().writeArray(names).writeBoolean(false).writeBoolean(false).writeBoolean(true),
  read: (reader) => {
    reader.int32();
    const brokers = reader.list(() => {
      reader.int32();
      reader.text();
      reader.int32();
      reader.text();
    }).length;
    reader.text();
    reader.int32();
    return { brokers, topics: reader.list(() => readTopic(reader)) };
  },
});

const askAgainAfterMs = 250;
const mostTries = 120;

interface DescribedGroup {
  readonly code: number;
  readonly allowed: ReadonlySet<Operation>;
}

const readGroup = (reader: Reader): DescribedGroup => {
  const code = reader.int16();
  reader.skipTexts(['group', 'state', 'protocol type', 'protocol'].length);
  reader.list(() => {
    reader.skipTexts(['member', 'client', 'host'].length);
    reader.skipBytes(); // metadata
    reader.skipBytes(); // assignment
  });
  return { code, allowed: operationsOf(reader.int32()) };
};

/** DescribeGroups, version 3 (KIP-430). */
const groupQuestion = (groupId: string): Question<readonly DescribedGroup[]> => ({
  api: { key: 15, version: 3, name: 'DescribeGroups' },
  body: new Encoder().writeArray([groupId]).writeBoolean(true),
  read: (reader) => {
    reader.int32();
    return reader.list(() => readGroup(reader));
  },
});

/** How many brokers there are, and each topic in the order asked for. Makes none. */
export const describeTopics = (kafka: Kafka, names: readonly string[]): Promise<DescribedTopics> =>
  onConnection(kafka, async (cluster) => {
    const broker = await cluster.findControllerBroker();
    const { brokers, topics } = await ask(broker, metadataOf(names));
    const byName = new Map(topics.map((topic) => [topic.name, topic]));
    return { brokers, topics: names.flatMap((name) => byName.get(name) ?? []) };
  });

/** Codes of the protocol: the user may not see who coordinates the group, or the id. */
const noCoordinatorRight = new Set([30, 53]);
const coordinators = { group: 0, transactionalId: 1 } as const;

/**
 * FindCoordinator, version 1. It is asked as it is, as kafkajs tells of a right that is missing as
 * of a coordinator that is not there.
 */
const maySeeCoordinator = async (
  cluster: RawCluster,
  kind: keyof typeof coordinators,
  name: string,
): Promise<boolean> => {
  const code = await ask(await cluster.findControllerBroker(), {
    api: { key: 10, version: 1, name: 'FindCoordinator' },
    body: new Encoder().writeString(name).writeInt8(coordinators[kind]),
    read: (reader) => {
      reader.int32();
      return reader.int16();
    },
  });
  return !noCoordinatorRight.has(code);
};

/** What the user may do with a consumer group, which need not exist. */
export const groupOperations = (kafka: Kafka, groupId: string): Promise<ReadonlySet<Operation>> =>
  onConnection(kafka, async (cluster) => {
    if (!(await maySeeCoordinator(cluster, 'group', groupId))) return new Set();
    for (let tries = 1; ; tries++) {
      const coordinator = await cluster.findGroupCoordinator({ groupId });
      const [{ code, allowed }] = await ask(coordinator, groupQuestion(groupId));
      if (!notCoordinating.has(code)) return allowed;
      if (tries === mostTries) throw new Error(`group ${groupId} has no coordinator (${code})`);
      await pauseFor(askAgainAfterMs);
    }
  });

/** Whether the user may use a transactional id; one that nothing else uses must be given. */
export const mayTransact = async (kafka: Kafka, transactionalId: string): Promise<boolean> => {
  const maySee = await onConnection(kafka, (cluster) =>
    maySeeCoordinator(cluster, 'transactionalId', transactionalId),
  );
  if (!maySee) return false;
  const producer = kafka.producer({ transactionalId, maxInFlightRequests: 1, idempotent: true });
  try {
    await producer.connect();
    return true;
  } catch (error) {
    if (kafkaFault(error).code !== 'KAFKA_DENIED') throw error;
    return false;
  } finally {
    await producer.disconnect().catch(() => undefined);
  }
};
