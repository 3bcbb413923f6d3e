import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ClusterInTest,
  chapterOnServers,
  testOnServers,
  type ServerId,
} from './support/cluster-in-test.js';
import { createTopic, hasTopic, runCql } from './support/raw-clients.js';

jest.setTimeout(180_000);

let cluster: ClusterInTest;

beforeAll(async () => {
  cluster = await ClusterInTest.make();
});

afterAll(async () => {
  await cluster.run('down');
  cluster.remove();
});

const titles: Readonly<Record<ServerId, string>> = { kafka: 'Kafka', cassandra: 'Cassandra' };

// Each test goes on where the one before left the servers: a start each would take too long.
describe(chapterOnServers('the commands of the cluster on real servers'), () => {
  testOnServers('before anything was started, status says so and fails', async () => {
    const { code, output } = await cluster.run('status');
    expect(output).toContain('Kafka: not running');
    expect(output).toContain('Cassandra: not running');
    expect(code).toBe(1);
  });

  testOnServers('when up ends, both servers take work', async () => {
    const { code, output } = await cluster.run('up');
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toContain(`Kafka: answers on 127.0.0.1:${cluster.ports.kafka}`);
    expect(output).toContain(`Cassandra: answers on 127.0.0.1:${cluster.ports.cassandra}`);
    expect(output).toContain(cluster.fileOf('kafka', 'server.log'));
    await createTopic(cluster.ports.kafka, 'kept');
    await runCql(cluster.ports.cassandra, [
      "CREATE KEYSPACE t WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
      'CREATE TABLE t.t (id int PRIMARY KEY, word text)',
      "INSERT INTO t.t (id, word) VALUES (1, 'kept')",
    ]);
  });

  testOnServers('status tells where each server is, since when, and what it takes', async () => {
    const { code, output } = await cluster.run('status');
    expect(code).toBe(0);
    for (const id of ['kafka', 'cassandra'] as const) {
      const port = cluster.ports[id];
      const about = new RegExp(
        `${titles[id]} \\d+\\.\\d+\\.\\d+: running, answers on 127\\.0\\.0\\.1:${port}\n` +
          `  pid ${cluster.pidOf(id)}, since \\d{4}-.*Z, memory [1-9]\\d+\\.\\d MiB\n` +
          `  data \\d+\\.\\d MiB`,
      );
      expect(output).toMatch(about);
    }
  });

  testOnServers('a second up starts nothing and says what runs', async () => {
    const before = [cluster.pidOf('kafka'), cluster.pidOf('cassandra')];
    const { code, output } = await cluster.run('up');
    expect(code).toBe(0);
    expect(output).toMatch(/Kafka: [\d.]+ already runs on/);
    expect(output).toMatch(/Cassandra: [\d.]+ already runs on/);
    expect([cluster.pidOf('kafka'), cluster.pidOf('cassandra')]).toEqual(before);
  });

  testOnServers('up on another port than the server runs on is refused', async () => {
    const { code, output } = await cluster.run('up', { KAFKA_PORT: '1' });
    expect(code).toBe(1);
    expect(output).toContain(`Kafka already runs on port ${cluster.ports.kafka}`);
  });

  testOnServers('a taken port is named by its variable, and nothing is started', async () => {
    const other = await ClusterInTest.make();
    const { code, output } = await other.run('up', { KAFKA_PORT: String(cluster.ports.kafka) });
    const wasStarted = existsSync(other.fileOf('cassandra', 'pid.json'));
    await other.run('down');
    other.remove();
    expect(code).toBe(1);
    expect(output).toContain(`KAFKA_PORT: port ${cluster.ports.kafka} of 127.0.0.1 is taken`);
    expect(wasStarted).toBe(false);
  });

  testOnServers.each([
    ['kafka', 'cassandra'],
    ['cassandra', 'kafka'],
  ] as const)(
    '%s killed by force: status tells it, up starts it alone, its data is there',
    async (killed, untouched) => {
      const pidOfOther = cluster.pidOf(untouched);
      process.kill(cluster.pidOf(killed), 'SIGKILL');
      const told = await cluster.run('status');
      expect(told.code).toBe(1);
      expect(told.output).toContain(`${titles[killed]}: not running; pid `);
      const { code, output } = await cluster.run('up');
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(output).toContain(`${titles[untouched]}: `);
      expect(cluster.pidOf(untouched)).toBe(pidOfOther);
      expect(await hasTopic(cluster.ports.kafka, 'kept')).toBe(true);
      const rows = await runCql(cluster.ports.cassandra, ['SELECT word FROM t.t WHERE id = 1']);
      expect(rows.includes('kept')).toBe(true);
    },
  );

  testOnServers('down stops both and says so; a second one finds nothing', async () => {
    const { code, output } = await cluster.run('down');
    expect(code).toBe(0);
    expect(output).toContain('Kafka: stopped cleanly');
    expect(output).toContain('Cassandra: stopped cleanly');
    expect((await cluster.run('status')).code).toBe(1);
    expect((await cluster.run('down')).output).toContain('Kafka: does not run');
  });

  testOnServers('a server that ends while it starts is told with the end of its log', async () => {
    writeFileSync(cluster.fileOf('kafka', 'data/meta.properties'), 'version=99\n');
    const { code, output } = await cluster.run('up');
    expect(code).toBe(1);
    expect(output).toContain('Kafka ended while it started');
    expect(output).toMatch(/ends with:\n(.*\n)*.*meta\.properties/);
    expect(output).toContain('Cassandra: answers on');
    expect((await cluster.run('down')).output).toContain('Kafka: does not run');
  });

  testOnServers('down leaves a process alone that only has the number of a server', async () => {
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    cluster.writePid('kafka', stranger.pid ?? 0);
    const { code, output } = await cluster.run('down');
    const wasLeftAlone = stranger.signalCode === null && stranger.kill('SIGKILL');
    expect(wasLeftAlone).toBe(true);
    expect(code).toBe(0);
    expect(output).toContain('Kafka: does not run');
    expect(existsSync(cluster.fileOf('kafka', 'pid.json'))).toBe(false);
  });
});

describe('the commands of the cluster without what they need', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'overage-tools-'));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const javaThatSays = (version: string): string => {
    const home = join(folder, version);
    mkdirSync(join(home, 'bin'), { recursive: true });
    writeFileSync(join(home, 'bin/java'), `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`);
    chmodSync(join(home, 'bin/java'), 0o755);
    return home;
  };

  test('without Java it says which one it needs', async () => {
    const { code, output } = await cluster.run('up', { JAVA_HOME: join(folder, 'nowhere') });
    expect(code).toBe(1);
    expect(output).toContain('Java 17 is missing');
    expect(output).not.toContain(' at ');
  });

  test('with another Java it says which one it found', async () => {
    const { code, output } = await cluster.run('up', { JAVA_HOME: javaThatSays('21.0.2') });
    expect(code).toBe(1);
    expect(output).toMatch(/Java 17 is needed, and .* is Java 21/);
  });

  test('without Maven it says what Maven is needed for', async () => {
    const env = { JAVA_HOME: javaThatSays('17.0.1'), PATH: '/bin-of-nobody' };
    const cache = join(folder, 'cache');
    const { code, output } = await cluster.run('up', { ...env, CLUSTER_CACHE_DIR: cache });
    expect(code).toBe(1);
    expect(output).toContain('Maven is missing');
  });

  test('two commands at once: the second is refused', async () => {
    mkdirSync(join(cluster.dataDir, 'cluster'), { recursive: true });
    const lock = join(cluster.dataDir, 'cluster/lock');
    writeFileSync(lock, String(process.pid));
    const { code, output } = await cluster.run('up');
    rmSync(lock);
    expect(code).toBe(1);
    expect(output).toContain(`Another command is at work`);
  });
});
