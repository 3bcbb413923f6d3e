import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'cassandra-driver';
import { clusterTables } from '../../src/wiring/cluster/cluster-schema.js';
import { migrate } from '../../src/commands/migrate.js';
import { startProgram } from '../../src/commands/start.js';
import { loadSettings, type Settings } from '../../src/config/index.js';
import { createLogger } from '../../src/platform/telemetry/index.js';
import { httpApiContract, type ApiUnderTest } from '../contracts/http-api.contract.js';
import { chapterOnServers, hasServers } from './support/cluster-in-test.js';
import { nameOfSpec, sharedServers } from './support/servers.js';

jest.setTimeout(120_000);

const logger = createLogger({ level: 'fatal', format: 'text' });
const keyspace = nameOfSpec('http_api').toLowerCase();

/** Topics of its own for each test; the keyspace is made once and emptied. */
const settingsOf = (dataDir: string): Settings => {
  const name = nameOfSpec('http-api');
  const loaded = loadSettings(
    {
      STORE: 'cluster',
      GENERATOR: 'on',
      KAFKA_BOOTSTRAP_SERVERS: sharedServers().kafka,
      CASSANDRA_CONTACT_POINT: sharedServers().cassandra,
      CASSANDRA_KEYSPACE: keyspace,
      CLUSTER_NAME: name,
      TOPIC_INCOMING_DATA_RECORDS: `${name}-incoming`,
      TOPIC_AGREEMENTS: `${name}-agreements`,
      TOPIC_DATA_RECORDS_AGGREGATES: `${name}-aggregates`,
      TOPIC_IMPORT_FILES: `${name}-files`,
      PARTITIONS: '2',
      SHARDS: '4',
      KAFKA_REPLICATION_FACTOR: '1',
      CASSANDRA_REPLICATION_FACTOR: '1',
      DATA_DIR: dataDir,
      PORT: '0',
      FEED_MAX_OUT_OF_ORDERNESS: 'PT0S',
      MAX_BODY_BYTES: '1MiB',
      LOG_LEVEL: 'fatal',
      LOG_FORMAT: 'text',
    },
    () => undefined,
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.settings;
};

/** Deletes what a test wrote, by its keys: few rows, where TRUNCATE takes seconds a table. */
const empty = async (): Promise<void> => {
  const contactPoints = [sharedServers().cassandra];
  const client = new Client({ contactPoints, localDataCenter: 'datacenter1', keyspace });
  for (const { name, partitionKey } of clusterTables) {
    if (name === 'schema_info') continue;
    const keys = partitionKey.map((key) => `"${key}"`);
    const { rows } = await client.execute(`SELECT DISTINCT ${keys.join(', ')} FROM ${name}`);
    const cql = `DELETE FROM ${name} WHERE ${keys.map((key) => `${key} = ?`).join(' AND ')}`;
    for (const row of rows) {
      await client.execute(
        cql,
        partitionKey.map((key): unknown => row[key]),
        { prepare: true },
      );
    }
  }
  await client.shutdown();
};

/** A task runs for each partition, so the first request need not wait for it. */
const running = async (url: string): Promise<void> => {
  for (;;) {
    const { items } = (await (await fetch(`${url}/api/partitions`)).json()) as {
      items: { state: string; watermark: unknown; updatedAt: string | null }[];
    };
    if (items.every(({ state, updatedAt }) => state === 'running' && updatedAt !== null)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const openCluster = async (): Promise<ApiUnderTest> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'overage-http-'));
  const settings = settingsOf(dataDir);
  await migrate(settings, logger, () => undefined);
  await empty();
  const program = await startProgram({ settings, logger, root: process.cwd(), version: 'test' });
  await running(program.url);
  return {
    url: program.url,
    stop: async () => {
      await program.stop();
      rmSync(dataDir, { recursive: true });
    },
  };
};

if (hasServers) httpApiContract('cluster', openCluster);
else describe(chapterOnServers('HTTP API, cluster'), () => test.skip('needs servers', () => {}));
