import kafkajs, { type Admin, type ConfigResourceTypes as ResourceType, type Kafka } from 'kafkajs';
import { Fault } from '../../streaming/index.js';
import {
  describeTopics,
  groupOperations,
  mayTransact,
  type DescribedTopic,
} from './kafkajs/allowed-operations.js';
import { kafkaFault } from './kafka-client.js';
import {
  brokerFindings,
  configsOf,
  oneReplica,
  topicFindings,
  type Configs,
  type Finding,
  type WantedBroker,
  type WantedTopic,
} from './topic-rules.js';

// of a CommonJS module Node sees this one only in the whole
const { ConfigResourceTypes } = kafkajs;

export type { WantedTopic } from './topic-rules.js';

/** Everything the program needs of Kafka beside the connection. */
export interface WantedKafka extends WantedBroker {
  readonly topics: readonly WantedTopic[];
  /** Groups the user has to be able to work in. */
  readonly groups: readonly string[];
  /** Ids that nothing else uses, one for each prefix the user has to be able to use. */
  readonly transactionalIds: readonly string[];
}

/** A difference stops the start, a warning tells what a setting can cost; a sentence each. */
export interface KafkaCheck {
  readonly differences: readonly string[];
  readonly warnings: readonly string[];
}

/** Settings that a topic has of its own; the others come from the brokers (DescribeConfigs). */
const ownConfig = 1;
/** Where Kafka keeps positions, and what it knows of transactions. */
const internalTopics = ['__consumer_offsets', '__transaction_state'];

/** Runs the work on an admin client that is closed behind it; faults are those of Kafka. */
export const withAdmin = async <T>(
  kafka: Kafka,
  work: (admin: Admin) => Promise<T>,
): Promise<T> => {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } catch (error) {
    throw kafkaFault(error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
};

interface Entry {
  readonly name: string;
  readonly value: string;
  readonly isOwn: boolean;
}

/** Undefined when the user may not ask. */
const entriesOf = async (
  admin: Admin,
  type: ResourceType,
  name: string,
): Promise<readonly Entry[] | undefined> => {
  try {
    const asked = { resources: [{ type, name }], includeSynonyms: false };
    const { resources } = await admin.describeConfigs(asked);
    return resources[0].configEntries.map(({ configName, configValue, configSource }) => ({
      name: configName,
      value: configValue,
      isOwn: Number(configSource) === ownConfig,
    }));
  } catch (error) {
    if (kafkaFault(error).code !== 'KAFKA_DENIED') throw error;
    return undefined;
  }
};

/** What a topic has of its own, as it is given when a topic is made. */
export const ownConfigs = async (
  admin: Admin,
  topic: string,
): Promise<{ name: string; value: string }[]> => {
  const entries = (await entriesOf(admin, ConfigResourceTypes.TOPIC, topic)) ?? [];
  return entries.filter(({ isOwn }) => isOwn).map(({ name, value }) => ({ name, value }));
};

const configsFrom = (entries: readonly Entry[]): Configs =>
  new Map(entries.map(({ name, value }) => [name, value]));

const partitionDifference = (wanted: WantedTopic, { replicas }: DescribedTopic): string[] =>
  replicas.length === wanted.partitions
    ? []
    : [
        `Topic ${wanted.name} has ${replicas.length} partitions and has to have ` +
          `${wanted.partitions}; the number cannot be changed.`,
      ];

const rightDifferences = (wanted: WantedTopic, { allowed }: DescribedTopic): string[] => {
  const missing = wanted.needs.filter((operation) => !allowed.has(operation));
  return missing.length === 0
    ? []
    : [`The user of Kafka has no right to ${missing.join(', ')} on topic ${wanted.name}.`];
};

/** Warnings by what they say, with the topics they are about. */
interface TopicCheck {
  readonly differences: readonly string[];
  readonly warnings: readonly (readonly [topic: string, warning: string])[];
}

const fewest = (replicas: readonly number[]): number => Math.min(...replicas);

const notTold =
  'the user of Kafka has no right to DESCRIBE_CONFIGS, so what is set there is not known.';

const checkTopic = async (
  admin: Admin,
  wanted: WantedTopic,
  found: DescribedTopic,
): Promise<TopicCheck> => {
  const { name } = wanted;
  const only = (difference: string): TopicCheck => ({ differences: [difference], warnings: [] });
  if (found.state === 'missing') return only(`Topic ${name} is missing.`);
  if (found.state === 'hidden') {
    return only(`The user of Kafka has no right to DESCRIBE on topic ${name}.`);
  }
  const entries = await entriesOf(admin, ConfigResourceTypes.TOPIC, name);
  const configs = configsFrom(entries ?? []);
  const findings: Finding[] = topicFindings(wanted, configs, fewest(found.replicas));
  if (entries === undefined) findings.push({ warning: notTold });
  return {
    differences: [
      ...partitionDifference(wanted, found),
      ...rightDifferences(wanted, found),
      ...findings.flatMap(({ difference }) => difference ?? []),
    ],
    warnings: findings.flatMap(({ warning }) => (warning === undefined ? [] : [[name, warning]])),
  };
};

/** What several topics have in common is told once, with their names. */
const grouped = (warnings: TopicCheck['warnings']): string[] => {
  const names = new Map<string, string[]>();
  for (const [topic, warning] of warnings) {
    names.set(warning, [...(names.get(warning) ?? []), topic]);
  }
  return Array.from(
    names,
    ([warning, [first, ...others]]) =>
      `Topic${others.length > 0 ? 's' : ''} ${[first, ...others].join(', ')}: ${warning}`,
  );
};

const checkBroker = async (admin: Admin, wanted: WantedBroker): Promise<readonly Finding[]> => {
  const { brokers } = await admin.describeCluster();
  const entries = await entriesOf(admin, ConfigResourceTypes.BROKER, String(brokers[0].nodeId));
  if (entries !== undefined) return brokerFindings(wanted, configsFrom(entries));
  const warning =
    'The user of Kafka has no right to DESCRIBE_CONFIGS on the cluster: whether ' +
    'offsets.retention.minutes keeps the positions long enough is not known.';
  return [{ warning }];
};

const checkGroup = async (kafka: Kafka, group: string): Promise<string[]> => {
  const allowed = await groupOperations(kafka, group);
  return allowed.has('READ') ? [] : [`The user of Kafka has no right to READ on group ${group}.`];
};

const checkTransactionalId = async (kafka: Kafka, id: string): Promise<string[]> =>
  (await mayTransact(kafka, id))
    ? []
    : [
        `The user of Kafka has no right to DESCRIBE and WRITE on transactional id ${id} and ` +
          'those that begin like it.',
      ];

/** What differs from what is wanted, all at once, and what it can cost. Changes nothing. */
export const checkTopics = (kafka: Kafka, wanted: WantedKafka): Promise<KafkaCheck> =>
  withAdmin(kafka, async (admin) => {
    const names = wanted.topics.map(({ name }) => name);
    const { topics } = await describeTopics(kafka, [...names, ...internalTopics]);
    const [checks, findings, ofGroups, ofIds] = await Promise.all([
      Promise.all(wanted.topics.map((topic, i) => checkTopic(admin, topic, topics[i]))),
      checkBroker(admin, wanted),
      Promise.all(wanted.groups.map((group) => checkGroup(kafka, group))),
      Promise.all(wanted.transactionalIds.map((id) => checkTransactionalId(kafka, id))),
    ]);
    const ofInternal = topics
      .slice(names.length)
      .filter(({ state, replicas }) => state === 'there' && fewest(replicas) === 1)
      .map(({ name }) => [name, oneReplica] as const);
    return {
      differences: [
        ...checks.flatMap(({ differences }) => differences),
        ...findings.flatMap(({ difference }) => difference ?? []),
        ...ofGroups.flat(),
        ...ofIds.flat(),
      ],
      warnings: [
        ...grouped([...checks.flatMap(({ warnings }) => warnings), ...ofInternal]),
        ...findings.flatMap(({ warning }) => warning ?? []),
      ],
    };
  });

/** Of several topics that could not be made the client tells in a list. */
const firstOf = (error: unknown): unknown =>
  (error as { errors?: readonly unknown[] }).errors?.[0] ?? error;

/** An error, and when it is about a right, which one. */
const denied = (error: unknown, right: string): Fault => {
  const fault = kafkaFault(error);
  if (fault.code !== 'KAFKA_DENIED') return fault;
  const message = `The user of Kafka has no right to ${right}`;
  return new Fault(fault.code, fault.reaction, message, { cause: error });
};

const create = async (admin: Admin, topics: readonly WantedTopic[]): Promise<void> => {
  if (topics.length === 0) return;
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: topics.map((topic) => ({
        topic: topic.name,
        numPartitions: topic.partitions,
        replicationFactor: topic.replicationFactor,
        configEntries: Object.entries(configsOf(topic)).map(([name, value]) => ({ name, value })),
      })),
    });
  } catch (error) {
    const first = firstOf(error);
    // another migration was faster
    if ((first as { type?: unknown }).type === 'TOPIC_ALREADY_EXISTS') return;
    throw denied(first, `CREATE topics ${topics.map(({ name }) => name).join(', ')}`);
  }
};

/** What a topic has of its own is written back with it: Kafka forgets what is not named. */
const change = async (
  admin: Admin,
  { name }: WantedTopic,
  { entries, fixes }: { entries: readonly Entry[]; fixes: ReadonlyMap<string, string> },
): Promise<void> => {
  const own = entries.filter(({ isOwn }) => isOwn).map((e): [string, string] => [e.name, e.value]);
  const configEntries = [...new Map([...own, ...fixes])].map(([key, value]) => ({
    name: key,
    value,
  }));
  const type = ConfigResourceTypes.TOPIC;
  try {
    await admin.alterConfigs({ validateOnly: false, resources: [{ type, name, configEntries }] });
  } catch (error) {
    throw denied(error, `ALTER_CONFIGS of topic ${name}`);
  }
};

const repair = async (
  admin: Admin,
  wanted: WantedTopic,
  { replicas }: DescribedTopic,
): Promise<string[]> => {
  const entries = await entriesOf(admin, ConfigResourceTypes.TOPIC, wanted.name);
  if (entries === undefined) return [];
  const findings = topicFindings(wanted, configsFrom(entries), fewest(replicas));
  const fixes = new Map(findings.flatMap(({ fix }) => (fix === undefined ? [] : [fix])));
  if (fixes.size === 0) return [];
  await change(admin, wanted, { entries, fixes });
  return Array.from(fixes, ([name, value]) => `Topic ${wanted.name}: ${name} set to ${value}.`);
};

const tooFewBrokers = (missing: readonly WantedTopic[], brokers: number): string[] => {
  const wanted = Math.max(0, ...missing.map(({ replicationFactor }) => replicationFactor));
  return wanted <= brokers
    ? []
    : [`KAFKA_REPLICATION_FACTOR is ${wanted}, and Kafka has ${brokers} broker(s).`];
};

const tellMade = ({ name, partitions, replicationFactor }: WantedTopic): string =>
  `Topic ${name}: made with ${partitions} partition(s), ${replicationFactor} replica(s).`;

/**
 * Why the topics cannot become what is wanted, a sentence each: one is there with another number
 * of partitions, or one that is missing is to have more replicas than there are brokers.
 */
export const impossibleTopics = (kafka: Kafka, wanted: readonly WantedTopic[]): Promise<string[]> =>
  withAdmin(kafka, async () => {
    const names = wanted.map(({ name }) => name);
    const { brokers, topics } = await describeTopics(kafka, names);
    const isThere = (i: number): boolean => topics[i].state === 'there';
    const fixed = wanted.flatMap((topic, i) =>
      isThere(i) ? partitionDifference(topic, topics[i]) : [],
    );
    const missing = wanted.filter((_, i) => !isThere(i));
    return [...fixed, ...tooFewBrokers(missing, brokers)];
  });

/**
 * Makes the topics that are missing and corrects settings that would lose something; tells what it
 * did, a sentence each. Can be run again. Never changes a number of partitions or replicas, and
 * deletes nothing.
 */
export const ensureTopics = (kafka: Kafka, wanted: readonly WantedTopic[]): Promise<string[]> =>
  withAdmin(kafka, async (admin) => {
    const names = wanted.map(({ name }) => name);
    const { topics } = await describeTopics(kafka, names);
    const isThere = (i: number): boolean => topics[i].state === 'there';
    const missing = wanted.filter((_, i) => !isThere(i));
    await create(admin, missing);
    const told: string[] = missing.map(tellMade);
    for (const [i, topic] of wanted.entries()) {
      if (!isThere(i)) continue;
      const done = await repair(admin, topic, topics[i]);
      told.push(...(done.length > 0 ? done : [`Topic ${topic.name}: there.`]));
    }
    return told;
  });
