import { existsSync, renameSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ClusterFault } from './cluster-fault.mjs';
import { runToEnd } from './java.mjs';
import { askKafka } from './probes.mjs';

/** Java reads a file of properties as Latin-1, with \ as its escape. */
const escaped = (value) =>
  String(value)
    .replaceAll('\\', '\\\\')
    .replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The longest time Kafka can be told, in milliseconds: Long.MAX_VALUE. */
const ever = '9223372036854775807';

/**
 * The text of server.properties: one broker that is its own controller, on loopback. Topics and
 * positions have to outlive every pause, whatever time their records carry:
 * - a record's timestamp is its recordedAt, so a limit of age would delete old records at once;
 * - a message about a period is stamped with the period's end, which Kafka 4 refuses from an hour
 *   ahead on unless told otherwise;
 * - a position is an offset of a consumer group; Kafka forgets those of a group that is away for
 *   7 days unless told otherwise (here: 10 years).
 * An acknowledged message survives the end of the process. It survives a power failure only with
 * replicas on other machines, as Kafka writes to the disk later.
 */
export const serverProperties = ({ dataFolder, port, controllerPort }) => {
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'log.dirs': dataFolder,
    'auto.create.topics.enable': false,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'offsets.retention.minutes': 5_256_000,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'log.retention.ms': -1,
    'log.message.timestamp.before.max.ms': ever,
    'log.message.timestamp.after.max.ms': ever,
    'group.initial.rebalance.delay.ms': 0,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${escaped(value)}\n`)
    .join('');
};

/** 16 random bytes as Kafka writes them; the first character is never the dash of an option. */
const newClusterId = () => {
  const bytes = randomBytes(16);
  bytes[0] &= 0x7f;
  return bytes.toString('base64url');
};

/** Formats into another folder that is then renamed, so that a half formatted one is never used. */
const format = async ({ folder, properties, java, classPath }) => {
  const unfinished = join(folder, 'data-unfinished');
  const config = join(folder, 'format.properties');
  rmSync(unfinished, { recursive: true, force: true });
  await writeFile(config, properties(unfinished));
  const options = ['format', '--cluster-id', newClusterId(), '--config', config, '--standalone'];
  const args = ['-Xmx128m', '-cp', classPath, 'kafka.tools.StorageTool', ...options];
  const { code, output } = await runToEnd(java, args);
  if (code !== 0) throw new ClusterFault(`Kafka could not format its data folder:\n${output}`);
  renameSync(unfinished, join(folder, 'data'));
  rmSync(config);
};

/** Kafka, as the commands know a server. */
export const kafkaServer = (settings) => {
  const folder = join(settings.folder, 'kafka');
  const config = join(folder, 'server.properties');
  const { kafkaPort: port, kafkaControllerPort: controllerPort } = settings;
  const properties = (dataFolder) => serverProperties({ dataFolder, port, controllerPort });
  return {
    id: 'kafka',
    title: 'Kafka',
    folder,
    dataFolder: join(folder, 'data'),
    port,
    ports: { KAFKA_PORT: port, KAFKA_CONTROLLER_PORT: controllerPort },
    ask: askKafka,
    /** Makes everything the start needs; answers with the arguments of java. */
    prepare: async ({ java, classPath }) => {
      const dataFolder = join(folder, 'data');
      if (!existsSync(dataFolder)) await format({ folder, properties, java, classPath });
      await writeFile(config, properties(dataFolder));
      return ['-Xmx512m', '-XX:+ExitOnOutOfMemoryError', '-cp', classPath, 'kafka.Kafka', config];
    },
  };
};
