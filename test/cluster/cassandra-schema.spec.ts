import { clusterSchema } from '../../src/wiring/cluster/cluster-schema.js';
import { CassandraSession, checkSchema, createSchema } from '../../src/platform/cassandra/index.js';
import { chapterOnServers, testOnServers } from './support/cluster-in-test.js';
import { KeyspaceInTest } from './support/keyspace-in-test.js';
import { sharedServers } from './support/servers.js';

jest.setTimeout(180_000);

const sizes = { shards: 4, partitions: 2 };
const replication = { replicationFactor: 1, localDataCenter: 'datacenter1' };

let keyspace: KeyspaceInTest;

beforeAll(async () => {
  if (testOnServers === test) keyspace = await KeyspaceInTest.open(sizes);
});

afterAll(() => keyspace?.close());

const wanted = (other: Partial<typeof sizes> = {}) =>
  clusterSchema({ keyspace: keyspace.name, ...sizes, ...other });

const check = (schema = wanted()) => checkSchema(keyspace.session, schema);
const create = () => createSchema(keyspace.session, wanted(), replication);
const ddl = (text: string) => keyspace.client.execute(text);

const opening = (options: object) =>
  CassandraSession.open({
    contactPoints: [sharedServers().cassandra],
    localDataCenter: 'datacenter1',
    ...options,
  });

// Each test puts right again what it spoiled.
describe(chapterOnServers('the schema of a keyspace'), () => {
  testOnServers('as it was made, nothing differs; making it again changes nothing', async () => {
    expect(await check()).toEqual([]);
    await Promise.all([create(), create()]);
    expect(await check()).toEqual([]);
  });

  testOnServers('a keyspace that is not there is told', async () => {
    const schema = clusterSchema({ keyspace: 'nobody_made_this', ...sizes });
    expect(await check(schema)).toEqual(['Keyspace nobody_made_this is missing.']);
  });

  testOnServers('other shards and partitions are told, and stay as they were made', async () => {
    const other = wanted({ shards: 8, partitions: 4 });
    await createSchema(keyspace.session, other, replication);
    const made = `Keyspace ${keyspace.name} was made with`;
    expect((await check(other)).sort()).toEqual([
      `${made} partitions 2, and 4 is wanted.`,
      `${made} shards 4, and 8 is wanted.`,
    ]);
  });

  testOnServers('a table and a column that are missing are told, and made again', async () => {
    await ddl('DROP TABLE dead_letter');
    await ddl('ALTER TABLE message DROP type');
    expect((await check()).sort()).toEqual([
      'Column type of table message is missing.',
      'Table dead_letter is missing.',
    ]);
    await create();
    expect(await check()).toEqual([]);
  });

  testOnServers('a column of another type and another key are told', async () => {
    await ddl('DROP TABLE feed_last_file');
    await ddl(
      'CREATE TABLE feed_last_file (one int, feed text, file_id int, name text, ' +
        'PRIMARY KEY (one, feed))',
    );
    await ddl('DROP TABLE file_id_block');
    await ddl('CREATE TABLE file_id_block (name text, next int, PRIMARY KEY (name, next))');
    expect((await check()).sort()).toEqual([
      'Column one of table feed_last_file is int and has to be tinyint.',
      'The key of table file_id_block is (name), next ASC and has to be (name).',
    ]);
    await ddl('DROP TABLE feed_last_file');
    await ddl('DROP TABLE file_id_block');
    await create();
    expect(await check()).toEqual([]);
  });

  testOnServers('a check leaves no row and no mark of a deletion behind', async () => {
    await check();
    expect(await keyspace.rows('SELECT name FROM schema_info')).toHaveLength(3);
    expect(await keyspace.rows('SELECT * FROM usage_record')).toEqual([]);
  });
});

describe(chapterOnServers('a session'), () => {
  testOnServers.each([
    ['a data center that is not there', { localDataCenter: 'nowhere' }, 'CASSANDRA_SETTINGS_WRONG'],
    ['a keyspace that is not there', { keyspace: 'nowhere' }, 'CASSANDRA_STATEMENT_REFUSED'],
    ['TLS where there is none', { tls: {} }, 'CASSANDRA_CERTIFICATE_REFUSED'],
    ['a port of nobody', { contactPoints: ['127.0.0.1:1'] }, 'CASSANDRA_UNREACHABLE'],
  ])('is refused with a code: %s', async (_, options, code) => {
    await expect(opening(options)).rejects.toMatchObject({ code });
  });

  testOnServers('reads all pages, in order', async () => {
    const { session } = keyspace;
    const insert = 'INSERT INTO schema_info (name, value) VALUES (?, ?)';
    const names = Array.from({ length: 25 }, (_, n) => `page ${n}`);
    await session.batch(names.map((name) => ({ query: insert, params: [name, name] })));
    const cql = 'SELECT name FROM schema_info';
    const whole = await session.query(cql, [], { fetchSize: 4 });
    const paged: unknown[] = [];
    for await (const rows of session.pages(cql, [], { fetchSize: 4 })) {
      expect(rows.length).toBeLessThanOrEqual(4);
      paged.push(...rows);
    }
    expect(whole.map((row) => row['name'] as string)).toEqual(expect.arrayContaining(names));
    expect(paged).toEqual(whole);
  });

  testOnServers('a condition is told whether it was met', async () => {
    const cql = 'INSERT INTO file_id_block (name, next) VALUES (?, ?) IF NOT EXISTS';
    expect((await keyspace.session.conditional(cql, ['x', 1])).applied).toBe(true);
    const second = await keyspace.session.conditional(cql, ['x', 2]);
    expect(second.applied).toBe(false);
    expect(second.row['next']).toBe(1);
  });

  testOnServers('a closed one says so at once', async () => {
    const session = await opening({});
    await session.close();
    const asked = session.query('SELECT * FROM system.local');
    await expect(asked).rejects.toMatchObject({ code: 'CASSANDRA_CLOSED', reaction: 'Retry' });
  });
});
