import { Kafka, logLevel, type Admin } from 'kafkajs';
import { checkCluster, openSession } from '../../src/wiring/cluster/cluster-check.js';
import { cassandraOptions } from '../../src/wiring/cluster/cluster-options.js';
import { migrate } from '../../src/commands/migrate.js';
import { loadSettings, type Environment, type Settings } from '../../src/config/index.js';
import { CassandraSession } from '../../src/platform/cassandra/index.js';
import { createLogger } from '../../src/platform/telemetry/index.js';
import { Fault } from '../../src/streaming/index.js';
import { chapterOnServers, testOnServers } from './support/cluster-in-test.js';
import { nameOfSpec, sharedServers } from './support/servers.js';

jest.setTimeout(240_000);

const logged: string[] = [];
const logger = createLogger({ level: 'warn', format: 'json', write: (line) => logged.push(line) });

/** A keyspace and topics of its own. */
class MigrationInTest {
  readonly keyspace = nameOfSpec('migrate');

  settings(env: Environment = {}): Settings {
    const { kafka, cassandra } = sharedServers();
    const own = {
      STORE: 'cluster',
      KAFKA_BOOTSTRAP_SERVERS: kafka,
      CASSANDRA_CONTACT_POINT: cassandra,
      CASSANDRA_KEYSPACE: this.keyspace,
      CLUSTER_NAME: this.keyspace,
      TOPIC_INCOMING_DATA_RECORDS: this.topic('log'),
      TOPIC_AGREEMENTS: this.topic('agreements'),
      TOPIC_DATA_RECORDS_AGGREGATES: this.topic('messages'),
      TOPIC_IMPORT_FILES: this.topic('journal'),
      PARTITIONS: '2',
      SHARDS: '4',
      KAFKA_REPLICATION_FACTOR: '1',
      CASSANDRA_REPLICATION_FACTOR: '1',
    };
    const loaded = loadSettings({ ...own, ...env }, () => undefined);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
    return loaded.settings;
  }

  topic(about: string): string {
    return `${this.keyspace}-${about}`;
  }

  async migrate(env: Environment = {}): Promise<string[]> {
    const printed: string[] = [];
    await migrate(this.settings(env), logger, (line) => printed.push(this.nameless(line)));
    return printed;
  }

  /** The lines of the fault that a start would end with; none when it would start. */
  async start(env: Environment = {}): Promise<string[]> {
    return this.refusal(checkCluster(this.settings(env), logger));
  }

  async refusal(attempt: Promise<unknown>): Promise<string[]> {
    try {
      await attempt;
      return [];
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const [, ...lines] = error.message.split('\n  ');
      return [error.code, ...lines.map((line) => this.nameless(line))];
    }
  }

  async cql(...statements: string[]): Promise<void> {
    const session = await CassandraSession.open(cassandraOptions(this.settings()));
    for (const cql of statements) await session.query(cql, [], { prepare: false });
    await session.close();
  }

  /** A server keeps memory for each table. */
  async drop(): Promise<void> {
    const session = await openSession(this.settings());
    await session.query(`DROP KEYSPACE IF EXISTS ${this.keyspace}`, [], { prepare: false });
    await session.close();
  }

  async kafka<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const brokers = [sharedServers().kafka];
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }

  /** The topic with these settings and no others of its own. */
  async set(topic: string, configs: Readonly<Record<string, string>>): Promise<void> {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const resources = [{ type: 2, name: this.topic(topic), configEntries }];
    await this.kafka((admin) => admin.alterConfigs({ validateOnly: false, resources }));
  }

  async valueOf(topic: string, name: string): Promise<string> {
    const resources = [{ type: 2, name: this.topic(topic), configNames: [name] }];
    const answer = await this.kafka((admin) =>
      admin.describeConfigs({ resources, includeSynonyms: false }),
    );
    return answer.resources[0].configEntries[0].configValue;
  }

  private nameless(line: string): string {
    return line.replaceAll(`${this.keyspace}-`, '').replaceAll(this.keyspace, 'ours');
  }
}

const made: MigrationInTest[] = [];

const newMigration = (): MigrationInTest => {
  const migration = new MigrationInTest();
  made.push(migration);
  return migration;
};

afterEach(async () => {
  for (const migration of made.splice(0)) await migration.drop();
});

describe(chapterOnServers('what migrate makes, and what a start refuses'), () => {
  testOnServers('the first migration makes everything, the next finds it there', async () => {
    const migration = newMigration();
    const first = await migration.migrate();
    expect(first.slice(0, 5)).toEqual([
      expect.stringMatching(
        /^Keyspace ours: made with \d+ tables, 1 copy of each row, 4 shards, 2 partitions\.$/,
      ),
      'Topic log: made with 2 partition(s), 1 replica(s).',
      'Topic agreements: made with 2 partition(s), 1 replica(s).',
      'Topic messages: made with 2 partition(s), 1 replica(s).',
      'Topic journal: made with 1 partition(s), 1 replica(s).',
    ]);
    expect((await migration.migrate()).slice(0, 5)).toEqual([
      expect.stringMatching(/^Keyspace ours: there, with \d+ tables\.$/),
      'Topic log: there.',
      'Topic agreements: there.',
      'Topic messages: there.',
      'Topic journal: there.',
    ]);
    expect(await migration.start()).toEqual([]);
  });

  testOnServers('two migrations at once make the same', async () => {
    const migration = newMigration();
    await Promise.all([migration.migrate(), migration.migrate()]);
    expect(await migration.start()).toEqual([]);
  });

  testOnServers('a start tells of everything that is missing, at once', async () => {
    const migration = newMigration();
    expect(await migration.start()).toEqual([
      'CLUSTER_NOT_READY',
      'Keyspace ours is missing.',
      'Topic log is missing.',
      'Topic agreements is missing.',
      'Topic messages is missing.',
      'Topic journal is missing.',
    ]);
  });

  testOnServers('partitions and shards are never changed, and nothing is made', async () => {
    const migration = newMigration();
    await migration.migrate();
    await migration.kafka((admin) => admin.deleteTopics({ topics: [migration.topic('messages')] }));
    const other = { PARTITIONS: '4', SHARDS: '8' };
    const differences = [
      'Keyspace ours was made with shards 4, and 8 is wanted.',
      'Keyspace ours was made with partitions 2, and 4 is wanted.',
      'Topic log has 2 partitions and has to have 4; the number cannot be changed.',
      'Topic agreements has 2 partitions and has to have 4; the number cannot be changed.',
    ];
    expect(await migration.refusal(migration.migrate(other))).toEqual([
      'MIGRATION_REFUSED',
      ...differences,
    ]);
    expect((await migration.start(other)).sort()).toEqual(
      ['CLUSTER_NOT_READY', 'Topic messages is missing.', ...differences].sort(),
    );
  });

  testOnServers(
    'more copies than there are servers are refused before anything is made',
    async () => {
      const migration = newMigration();
      const three = { KAFKA_REPLICATION_FACTOR: '3', CASSANDRA_REPLICATION_FACTOR: '3' };
      expect(await migration.refusal(migration.migrate(three))).toEqual([
        'MIGRATION_REFUSED',
        'CASSANDRA_REPLICATION_FACTOR is 3, and datacenter1 has 1 node(s).',
        'KAFKA_REPLICATION_FACTOR is 3, and Kafka has 1 broker(s).',
      ]);
      expect(await migration.start()).toContain('Keyspace ours is missing.');
    },
  );

  testOnServers(
    'settings of topics that lose events are told, and migrate corrects them',
    async () => {
      const migration = newMigration();
      await migration.migrate();
      const kept = { 'compression.type': 'gzip' };
      const everAhead = { 'message.timestamp.after.max.ms': '9223372036854775807' };
      await migration.set('log', { 'retention.ms': '604800000', ...everAhead, ...kept });
      await migration.set('agreements', { 'message.timestamp.after.max.ms': '3600000', ...kept });
      await migration.set('journal', { 'cleanup.policy': 'delete', ...kept });
      expect(await migration.start()).toEqual([
        'CLUSTER_NOT_READY',
        expect.stringMatching(/^Topic log: retention\.ms is 604800000 \(7 days\) and has to be -1/),
        expect.stringMatching(
          /^Topic log: message\.timestamp\.after\.max\.ms is 9223372036854775807/,
        ),
        expect.stringMatching(/^Topic agreements: message\.timestamp\.after\.max\.ms is 3600000/),
        expect.stringMatching(/^Topic journal: cleanup\.policy is delete and has to be compact/),
      ]);
      expect(await migration.migrate()).toEqual(
        expect.arrayContaining([
          'Topic log: retention.ms set to -1.',
          'Topic log: message.timestamp.after.max.ms set to 90000000.',
          'Topic agreements: message.timestamp.after.max.ms set to 9223372036854775807.',
          'Topic messages: there.',
          'Topic journal: cleanup.policy set to compact.',
        ]),
      );
      expect(await migration.start()).toEqual([]);
      expect(await migration.valueOf('log', 'compression.type')).toBe('gzip');
    },
  );

  testOnServers('a table and a column that are missing are told and made', async () => {
    const migration = newMigration();
    await migration.migrate();
    await migration.cql('DROP TABLE dead_letter', 'ALTER TABLE usage_record DROP status');
    const missing = [
      'Column status of table usage_record is missing.',
      'Table dead_letter is missing.',
    ];
    expect(await migration.start()).toEqual(['CLUSTER_NOT_READY', ...missing]);
    expect((await migration.migrate()).slice(0, 2)).toEqual([
      'Column status of table usage_record: made.',
      'Table dead_letter: made.',
    ]);
    expect(await migration.start()).toEqual([]);
  });

  testOnServers('what one replica costs is logged at the start', async () => {
    const migration = newMigration();
    await migration.migrate();
    logged.length = 0;
    await migration.start();
    expect(logged.join('')).toContain('one replica. What its broker loses is lost');
  });

  testOnServers('servers that do not answer are a fault of the connection', async () => {
    const migration = newMigration();
    const nobody = { KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1' };
    expect(await migration.start(nobody)).toEqual(['KAFKA_UNREACHABLE']);
  });
});
