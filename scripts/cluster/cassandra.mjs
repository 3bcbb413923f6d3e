import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ClusterFault } from './cluster-fault.mjs';
import { askCassandra } from './probes.mjs';

/**
 * The text of cassandra.yaml: one node on loopback. `commitlog_sync: batch` acknowledges a row when
 * it is on the disk; Cassandra's default acknowledges up to 10 s before that, and a row lost in
 * between would be missing under a position that says it is there. The token is given, as a node
 * that has to find one waits 30 s for others first. Rows wait for their flush outside of the heap:
 * with `-XX:+UseParallelGC` below that halves the processor time of a row (64 to 30 µs).
 */
export const cassandraYaml = ({ dataFolder, port, storagePort }) => {
  const inData = (name) => JSON.stringify(join(dataFolder, name));
  return `cluster_name: overage
num_tokens: 1
initial_token: 0
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
endpoint_snitch: SimpleSnitch
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: "127.0.0.1:${storagePort}"
listen_address: 127.0.0.1
storage_port: ${storagePort}
rpc_address: 127.0.0.1
native_transport_port: ${port}
commitlog_sync: batch
memtable_allocation_type: offheap_objects
commitlog_directory: ${inData('commitlog')}
data_file_directories:
  - ${inData('data')}
saved_caches_directory: ${inData('saved_caches')}
hints_directory: ${inData('hints')}
cdc_raw_directory: ${inData('cdc_raw')}
`;
};

/** What Cassandra reaches for inside Java 17, from its own jvm17-server.options. */
const exported = [
  'java.base/jdk.internal.misc',
  'java.base/jdk.internal.ref',
  'java.base/java.lang.ref',
  'java.base/sun.nio.ch',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.sql/java.sql',
  'jdk.unsupported/sun.misc',
];
const opened = [
  'java.base/java.io',
  'java.base/java.lang',
  'java.base/java.lang.module',
  'java.base/java.lang.reflect',
  'java.base/java.nio',
  'java.base/java.util',
  'java.base/java.util.concurrent',
  'java.base/java.util.concurrent.atomic',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/jdk.internal.util.jar',
  'java.base/sun.nio.ch',
  'jdk.management/com.sun.management.internal',
];

/** The arguments of java; without a port for JMX, which nothing here uses. */
export const cassandraArguments = ({ folder, dataFolder, classPath, agentJar }) => [
  '-Xmx1g',
  '-XX:+UseParallelGC',
  '-XX:+ExitOnOutOfMemoryError',
  `-javaagent:${agentJar}`,
  '-Djdk.attach.allowAttachSelf=true',
  ...exported.map((name) => `--add-exports=${name}=ALL-UNNAMED`),
  ...opened.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
  `-Djava.io.tmpdir=${join(folder, 'tmp')}`,
  `-Dcassandra.config=${pathToFileURL(join(folder, 'cassandra.yaml')).href}`,
  `-Dcassandra.storagedir=${dataFolder}`,
  '-Dcassandra.skip_wait_for_gossip_to_settle=0',
  ...['-cp', classPath, 'org.apache.cassandra.service.CassandraDaemon'],
];

/** The jar that measures objects has to be named by its path. */
const agentJarIn = (jars) => {
  const name = readdirSync(jars).find((file) => /^jamm-.*\.jar$/.test(file));
  if (name === undefined) throw new ClusterFault(`There is no jamm jar in ${jars}; remove it.`);
  return join(jars, name);
};

/** Cassandra, as the commands know a server. */
export const cassandraServer = (settings) => {
  const folder = join(settings.folder, 'cassandra');
  const dataFolder = join(folder, 'data');
  const { cassandraPort: port, cassandraStoragePort: storagePort } = settings;
  return {
    id: 'cassandra',
    title: 'Cassandra',
    folder,
    dataFolder,
    port,
    ports: { CASSANDRA_PORT: port, CASSANDRA_STORAGE_PORT: storagePort },
    ask: askCassandra,
    /** Makes everything the start needs; answers with the arguments of java. */
    prepare: async ({ jars, classPath }) => {
      // Native code is unpacked here; a process that is killed leaves it behind.
      rmSync(join(folder, 'tmp'), { recursive: true, force: true });
      mkdirSync(join(folder, 'tmp'));
      await writeFile(
        join(folder, 'cassandra.yaml'),
        cassandraYaml({ dataFolder, port, storagePort }),
      );
      return cassandraArguments({ folder, dataFolder, classPath, agentJar: agentJarIn(jars) });
    },
  };
};
