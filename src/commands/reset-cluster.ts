import type { Settings } from '../config/index.js';
import {
  emptyTables,
  filledTables,
  snapshotTable,
  type CassandraSession,
} from '../platform/cassandra/index.js';
import {
  deleteGroups,
  findGroups,
  newKafka,
  renewTopics,
  usedTopics,
  type Kafka,
} from '../platform/kafka/index.js';
import type { Logger } from '../platform/telemetry/index.js';
import { Fault } from '../streaming/index.js';
import { openSession, wantedSchema, wantedTopics } from '../wiring/cluster/cluster-check.js';
import {
  agreementsGroup,
  importName,
  kafkaOptions,
  usageGroup,
} from '../wiring/cluster/cluster-options.js';
import { commandErrors } from './errors.js';
import type { ResetPlan } from './reset-plan.js';

/** Groups of this program in this cluster: their offsets are its positions. */
const groupsOf = async (kafka: Kafka, settings: Settings): Promise<string[]> => {
  const whole = [usageGroup(settings), agreementsGroup(settings)];
  const isOurs = (id: string): boolean =>
    whole.includes(id) || id === importName(settings) || id.startsWith(`${importName(settings)}-`);
  const groups = await findGroups(kafka, isOurs);
  const busy = groups.filter(({ members }) => members > 0);
  if (busy.length === 0) return groups.map(({ groupId }) => groupId);
  const { reaction, meaning } = commandErrors.CLUSTER_IN_USE;
  const listed = busy.map(({ groupId, members }) => `${members} in group ${groupId}`);
  throw new Fault('CLUSTER_IN_USE', reaction, `${meaning} ${listed.join(', ')}`);
};

const onSession = async <T>(
  settings: Settings,
  work: (session: CassandraSession) => Promise<T>,
): Promise<T> => {
  const session = await openSession(settings);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
};

/**
 * Positions go first and snapshots last: one that is broken off between is no installation that
 * a program would count on with (POSITION_LOST), and is finished by the next reset.
 */
export const clusterPlan = async (settings: Settings, logger: Logger): Promise<ResetPlan> => {
  const kafka = newKafka(kafkaOptions(settings), logger);
  const wanted = wantedTopics(settings).map(({ name }) => name);
  const groups = await groupsOf(kafka, settings);
  const topics = await usedTopics(kafka, wanted);
  const schema = wantedSchema(settings);
  const tables = await onSession(settings, (session) => filledTables(session, schema));
  return {
    lines: [
      ...groups.map((group) => `the positions of group ${group}`),
      ...topics.map((topic) => `all messages of topic ${topic}`),
      ...tables.map((table) => `all rows of table ${schema.keyspace}.${table}`),
    ],
    run: async () => {
      await deleteGroups(kafka, await groupsOf(kafka, settings));
      await renewTopics(kafka, topics);
      const isLast = (table: string): boolean => table === snapshotTable.name;
      const inOrder = [...tables].sort((a, b) => Number(isLast(a)) - Number(isLast(b)));
      await onSession(settings, (session) => emptyTables(session, schema.keyspace, inOrder));
    },
  };
};
