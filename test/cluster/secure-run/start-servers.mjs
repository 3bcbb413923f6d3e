// node start-servers.mjs up|down PLAN: servers of `npm run cluster:up` that ask who comes.
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { cassandraServer } from '../../../scripts/cluster/cassandra.mjs';
import { stopServers } from '../../../scripts/cluster/commands.mjs';
import { runToEnd } from '../../../scripts/cluster/java.mjs';
import { kafkaServer, serverProperties } from '../../../scripts/cluster/kafka.mjs';
import { withLock } from '../../../scripts/cluster/lock.mjs';
import { readSettings } from '../../../scripts/cluster/settings.mjs';
import { up } from '../../../scripts/cluster/up.mjs';

const clusterId = 'MkU3OEVBNTcwNTJENDM2Qk';

/** Properties behind those of the plain server win; users of SCRAM are made with the storage. */
const secureKafka = (settings, { properties, formatOptions, javaOptions }) => {
  const plain = kafkaServer(settings);
  const { folder, dataFolder, port } = plain;
  const format = async ({ java, classPath }) => {
    const config = join(folder, 'format.properties');
    const controllerPort = settings.kafkaControllerPort;
    writeFileSync(config, serverProperties({ dataFolder, port, controllerPort }) + properties);
    const options = ['--cluster-id', clusterId, '--config', config, '--standalone'];
    const tool = ['-Xmx128m', '-cp', classPath, 'kafka.tools.StorageTool', 'format'];
    const { code, output } = await runToEnd(java, [...tool, ...options, ...formatOptions]);
    if (code !== 0) throw new Error(`Kafka could not format its data folder:\n${output}`);
  };
  const prepare = async (tools) => {
    await format(tools);
    const args = await plain.prepare(tools);
    appendFileSync(join(folder, 'server.properties'), properties);
    return [...javaOptions, ...args];
  };
  return { ...plain, prepare };
};

/** OPTIONS of the native protocol, over TLS with a certificate. */
const askOverTls = (files) => (port) =>
  new Promise((resolve, reject) => {
    const tls = Object.fromEntries(files.map(([name, path]) => [name, readFileSync(path)]));
    const socket = connect({ host: '127.0.0.1', port, ...tls });
    socket.setTimeout(2_000, () => socket.destroy(new Error('it does not answer')));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('it closed the connection')));
    socket.once('secureConnect', () => socket.write(Buffer.from([4, 0, 0, 0, 5, 0, 0, 0, 0])));
    socket.once('data', () => {
      resolve();
      socket.destroy();
    });
  });

/** `replaced`: a line of the plain server's cassandra.yaml and what stands there instead. */
const secureCassandra = (settings, { yaml, replaced, javaOptions, tlsFiles }) => {
  const plain = cassandraServer(settings);
  const prepare = async (tools) => {
    const args = await plain.prepare(tools);
    const file = join(plain.folder, 'cassandra.yaml');
    const [line, instead] = replaced;
    writeFileSync(file, readFileSync(file, 'utf8').replace(line, instead) + yaml);
    return [...javaOptions, ...args];
  };
  return { ...plain, prepare, ask: askOverTls(Object.entries(tlsFiles)) };
};

const [, , command, planFile] = process.argv;
const plan = JSON.parse(readFileSync(planFile, 'utf8'));
const { faults, settings } = readSettings(process.env);
if (faults.length > 0) throw new Error(faults.join('\n'));
mkdirSync(settings.folder, { recursive: true });
const servers = [secureKafka(settings, plan.kafka), secureCassandra(settings, plan.cassandra)];
if (command === 'down') await stopServers(servers, settings);
else process.exitCode = await withLock(settings.folder, () => up(servers, settings));
