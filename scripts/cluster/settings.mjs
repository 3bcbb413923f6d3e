import { join, resolve } from 'node:path';
import { root } from '../launcher/places.mjs';

/** What the commands of the cluster read from the environment; no settings of the program. */
export const variables = [
  { name: 'DATA_DIR', fallback: './data', doc: 'Data, logs and pids lie in DATA_DIR/cluster.' },
  { name: 'KAFKA_PORT', fallback: '9092', doc: 'Port of Kafka for its clients.' },
  { name: 'KAFKA_CONTROLLER_PORT', fallback: '9093', doc: 'Port Kafka talks to itself on.' },
  { name: 'CASSANDRA_PORT', fallback: '9042', doc: 'Port of Cassandra for its clients (CQL).' },
  {
    name: 'CASSANDRA_STORAGE_PORT',
    fallback: '7010',
    doc: 'Port Cassandra keeps for other nodes.',
  },
  { name: 'JAVA_HOME', fallback: 'java of PATH', doc: 'A Java 17.' },
  {
    name: 'CLUSTER_CACHE_DIR',
    fallback: 'node_modules/.cache/cluster',
    doc: 'Where the servers are kept once Maven has fetched them.',
  },
];

/** The variables as lines of text, one each. */
export const variablesText = () =>
  variables
    .map(({ name, fallback, doc }) => `  ${name.padEnd(23)} ${doc} Default: ${fallback}.`)
    .join('\n');

const fallbackOf = (wanted) => variables.find(({ name }) => name === wanted).fallback;

/** An empty variable counts as not set. */
const valueOf = (env, name) => env[name] || fallbackOf(name);

const portNames = variables.map(({ name }) => name).filter((name) => name.endsWith('_PORT'));

const portFaults = (env) => {
  const values = portNames.map((name) => valueOf(env, name));
  const unreadable = portNames
    .filter((_, i) => !/^[1-9]\d{0,4}$/.test(values[i]) || Number(values[i]) > 65_535)
    .map((name) => `${name} is ${valueOf(env, name)}; a port is a number from 1 to 65535.`);
  const twice = portNames
    .filter((_, i) => values.indexOf(values[i]) !== i)
    .map((name) => `${name} is ${valueOf(env, name)}, which another port already is.`);
  return [...unreadable, ...twice];
};

/** Kafka reads a comma between folders, and a colon ends an entry of a class path. */
const folderFaults = (dataDir) =>
  /[,:;]/.test(dataDir) ? [`DATA_DIR is ${dataDir}; choose one without , : and ;.`] : [];

/**
 * Reads the environment: {faults, settings} with every fault told at once; `settings` holds folders
 * as absolute paths and ports as numbers, and is undefined when there are faults.
 */
export const readSettings = (env) => {
  const dataDir = resolve(valueOf(env, 'DATA_DIR'));
  const faults = [...portFaults(env), ...folderFaults(dataDir)];
  if (faults.length > 0) return { faults, settings: undefined };
  const port = (name) => Number(valueOf(env, name));
  const settings = {
    folder: join(dataDir, 'cluster'),
    cacheDir: resolve(root, valueOf(env, 'CLUSTER_CACHE_DIR')),
    javaHome: env.JAVA_HOME || undefined,
    kafkaPort: port('KAFKA_PORT'),
    kafkaControllerPort: port('KAFKA_CONTROLLER_PORT'),
    cassandraPort: port('CASSANDRA_PORT'),
    cassandraStoragePort: port('CASSANDRA_STORAGE_PORT'),
  };
  return { faults, settings };
};
