import { inspect } from 'node:util';
import fc from 'fast-check';
import { declaredOfCluster } from './declared-of-cluster.js';
import { loadSettings, type Environment } from './load-settings.js';
import type { ReadFile } from './settings-fault.js';
import type { Settings } from './settings.js';

const files: Readonly<Record<string, string>> = {
  secret: 's3cret\n',
  'ca.pem': 'pem',
  blank: ' \n',
};
const readFile: ReadFile = (path) => {
  if (path === 'locked') throw new Error('EACCES: permission denied');
  return Object.hasOwn(files, path) ? files[path] : undefined;
};

const settingsOf = (env: Environment): Settings => {
  const loaded = loadSettings({ STORE: 'cluster', ...env }, readFile);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.settings;
};

const told = (env: Environment): string[] => {
  const loaded = loadSettings({ STORE: 'cluster', ...env }, readFile);
  return loaded.ok ? [] : loaded.faults.map(({ path, message }) => `${path} ${message}`);
};

const scram = { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512' };
const bearer = { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SASL_MECHANISM: 'OAUTHBEARER' };

test('a cluster starts with its defaults', () => {
  expect(told({})).toEqual([]);
});

test('addresses are a list; only Cassandra has a port by default', () => {
  const settings = settingsOf({
    KAFKA_BOOTSTRAP_SERVERS: 'a.example:9092, b:9093,a.example:9092',
    CASSANDRA_CONTACT_POINT: '10.0.0.1, c2:9142',
  });
  expect(settings.kafkaBootstrapServers).toEqual(['a.example:9092', 'b:9093']);
  expect(settings.cassandraContactPoints).toEqual(['10.0.0.1:9042', 'c2:9142']);
});

test('an address is advertised with a port or without, IPv6 too', () => {
  const read = (written: string) =>
    settingsOf({ ADVERTISED_ADDRESS: written }).advertisedAddress ?? 'none';
  const all = ['', '10.1.2.3', 'p1.usage:80', 'fd00::7', '[fd00::7]', '[fd00::7]:80'];
  expect(all.map(read)).toEqual([
    ...['none', '10.1.2.3', 'p1.usage:80', '[fd00::7]', '[fd00::7]', '[fd00::7]:80'],
  ]);
});

test.each([
  ['KAFKA_BOOTSTRAP_SERVERS', 'a'],
  ['KAFKA_BOOTSTRAP_SERVERS', 'a:9092,'],
  ['KAFKA_BOOTSTRAP_SERVERS', 'a:0'],
  ['KAFKA_BOOTSTRAP_SERVERS', 'a:65536'],
  ['KAFKA_BOOTSTRAP_SERVERS', '::1:9092'],
  ['CASSANDRA_CONTACT_POINT', 'a b'],
  ['CASSANDRA_KEYSPACE', 'Mobile'],
  ['CASSANDRA_KEYSPACE', 'a; DROP'],
  ['TOPIC_AGREEMENTS', '..'],
  ['TOPIC_AGREEMENTS', 'a/b'],
  ['CLUSTER_NAME', 'a b'],
  ['KAFKA_SASL_MECHANISM', 'GSSAPI'],
  ['SHARDS', '32768'],
  ['UNHEALTHY_AFTER', 'PT3M'],
  ['ADVERTISED_ADDRESS', 'a:0'],
  ['ADVERTISED_ADDRESS', 'http://a'],
  ['ADVERTISED_ADDRESS', 'a/b'],
  ['ADVERTISED_ADDRESS', '[fd00::7]:65536'],
  ['ADVERTISED_ADDRESS', '[a]'],
])('%s=%j is refused', (name, value) => {
  expect(told({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name} must be`))]);
});

test('no other process may share a shard: SHARDS is a multiple of PARTITIONS', () => {
  expect(told({ PARTITIONS: '4', SHARDS: '64' })).toEqual([]);
  expect(told({ PARTITIONS: '4', SHARDS: '6' })).toEqual([
    'SHARDS must be a multiple of PARTITIONS, and 6 is no multiple of 4',
  ]);
});

test('each topic has a name of its own', () => {
  expect(told({ TOPIC_AGREEMENTS: 'import-files' })).toEqual([
    'TOPIC_IMPORT_FILES is the same topic as TOPIC_AGREEMENTS',
  ]);
});

test.each<[string, Environment, string[]]>([
  [
    'SASL without a mechanism',
    { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' },
    ['KAFKA_SASL_MECHANISM must be set with KAFKA_SECURITY_PROTOCOL=SASL_SSL'],
  ],
  ['a user without a log-in', { KAFKA_SASL_USERNAME: 'u' }, ['KAFKA_SASL_USERNAME is set, but']],
  ['SCRAM without a user', scram, ['KAFKA_SASL_USERNAME must be set with']],
  [
    'SCRAM without a password',
    { ...scram, KAFKA_SASL_USERNAME: 'u' },
    ['KAFKA_SASL_USERNAME needs KAFKA_SASL_PASSWORD or KAFKA_SASL_PASSWORD_FILE'],
  ],
  [
    'a password without a user',
    { ...scram, KAFKA_SASL_PASSWORD_FILE: 'secret' },
    ['KAFKA_SASL_PASSWORD_FILE needs KAFKA_SASL_USERNAME'],
  ],
  [
    'two passwords',
    {
      ...scram,
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'p',
      KAFKA_SASL_PASSWORD_FILE: 'secret',
    },
    ['KAFKA_SASL_PASSWORD_FILE is set beside KAFKA_SASL_PASSWORD; set only one of the two'],
  ],
  ['OAUTHBEARER without a token', bearer, ['KAFKA_SASL_TOKEN_FILE must be set with']],
  [
    'OAUTHBEARER with a user',
    { ...bearer, KAFKA_SASL_TOKEN_FILE: 'secret', KAFKA_SASL_USERNAME: 'u' },
    ['KAFKA_SASL_USERNAME does not go with KAFKA_SASL_MECHANISM=OAUTHBEARER'],
  ],
  ['a CA without TLS', { KAFKA_TLS_CA_FILE: 'ca.pem' }, ['KAFKA_TLS_CA_FILE is set, but']],
  [
    'a certificate without its key',
    { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_TLS_CERT_FILE: 'ca.pem' },
    ['KAFKA_TLS_CERT_FILE needs KAFKA_TLS_KEY_FILE'],
  ],
  [
    'two passwords of Cassandra',
    { CASSANDRA_USERNAME: 'u', CASSANDRA_PASSWORD: 'p', CASSANDRA_PASSWORD_FILE: 'secret' },
    ['CASSANDRA_PASSWORD_FILE is set beside CASSANDRA_PASSWORD'],
  ],
  ['a user of Cassandra alone', { CASSANDRA_USERNAME: 'u' }, ['CASSANDRA_USERNAME needs']],
  [
    'files of Cassandra without TLS',
    { CASSANDRA_TLS_CA_FILE: 'ca.pem' },
    ['CASSANDRA_TLS_CA_FILE is set, but CASSANDRA_TLS=off does not encrypt'],
  ],
])('%s is refused', (_, env, expected) => {
  const faults = told(env);
  expect(faults).toEqual(expected.map((start) => expect.stringContaining(start)));
});

test.each(['none', 'blank', 'locked'])('a file that is %s is refused by its name', (path) => {
  const env = { CASSANDRA_TLS: 'on', CASSANDRA_TLS_CA_FILE: path };
  expect(loadSettings({ STORE: 'cluster', ...env }, readFile)).toMatchObject({
    faults: [{ path: 'CASSANDRA_TLS_CA_FILE', code: 'SETTING_FILE_UNREADABLE' }],
  });
});

test('faults of single settings and between settings are told at once, none twice', () => {
  const faults = told({
    PORT: 'x',
    PARTITIONS: '0',
    SHARDS: '5',
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    CASSANDRA_USERNAME: 'u',
  });
  expect(faults.map((fault) => fault.split(' ')[0]).sort()).toEqual([
    'CASSANDRA_USERNAME',
    'KAFKA_SASL_MECHANISM',
    'PARTITIONS',
    'PORT',
  ]);
});

test('one machine ignores the settings of a cluster, whatever they say', () => {
  const defaults = loadSettings({}, readFile);
  const names = Object.values(declaredOfCluster).map(({ name }) => name);
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.string(), (name, text) => {
      expect(loadSettings({ [name]: text }, readFile)).toEqual(defaults);
    }),
  );
});

test('a password is shown by nothing that prints settings', () => {
  const settings = settingsOf({
    ...scram,
    KAFKA_SASL_USERNAME: 'u',
    KAFKA_SASL_PASSWORD: 'hunter2',
    CASSANDRA_USERNAME: 'u',
    CASSANDRA_PASSWORD: 'hunter2',
  });
  expect(settings.kafkaSaslPassword?.reveal()).toBe('hunter2');
  const shown = `${JSON.stringify(settings)} ${inspect(settings, { depth: 9, showHidden: true })}`;
  expect(`${shown} ${String(settings.kafkaSaslPassword)}`).not.toContain('hunter2');
});

test('no fault repeats a password', () => {
  const env = { KAFKA_SASL_PASSWORD: 'hunter2\u0007', CASSANDRA_PASSWORD: 'hunter2' };
  const faults = told({ ...scram, ...env });
  expect(faults.length).toBeGreaterThan(0);
  expect(faults.join()).not.toContain('hunter2');
});
