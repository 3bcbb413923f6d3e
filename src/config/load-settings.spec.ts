import fc from 'fast-check';
import { embeddedDefaults } from '../platform/embedded/index.js';
import { declared, declaredOfFeed } from './declared.js';
import { loadSettings, type Environment } from './load-settings.js';
import type { Settings } from './settings.js';
import type { ReadFile, SettingsFault } from './settings-fault.js';

const noFile: ReadFile = () => undefined;
const file =
  (content: unknown): ReadFile =>
  () =>
    typeof content === 'string' ? content : JSON.stringify(content);

const settingsOf = (env: Environment, readFile: ReadFile = noFile): Settings => {
  const loaded = loadSettings(env, readFile);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.settings;
};

const faultsOf = (env: Environment, readFile: ReadFile = noFile): readonly SettingsFault[] => {
  const loaded = loadSettings(env, readFile);
  return loaded.ok ? [] : loaded.faults;
};

test('every default is a value its own setting accepts', () => {
  const refused = Object.values(declared).filter(
    ({ schema, defaultText }) => !schema.safeParse(defaultText).success,
  );
  expect(refused).toEqual([]);
});

test('every bound is one its setting can read', () => {
  const all = [...Object.values(declared), ...Object.values(declaredOfFeed)];
  const texts = all.flatMap(({ bounds = '', schema }) =>
    bounds === '' ? [] : bounds.split(' to ').map((bound) => schema.safeParse(bound).success),
  );
  expect(texts.length).toBeGreaterThan(10);
  expect(texts).not.toContain(false);
});

test('nothing set gives the defaults', () => {
  expect(settingsOf({})).toEqual({
    host: '127.0.0.1',
    port: 8080,
    allowedHosts: [],
    maxConnections: 1000,
    generator: 'auto',
    dataDir: './data',
    dataRecordTable: false,
    incomingDataRecordsDir: 'data/incoming-data-records',
    roles: ['import', 'ingest', 'api'],
    store: 'embedded',
    feedMaxOutOfOrdernessMs: 14_400_000,
    feedIdleAfterMs: 3_600_000,
    maxFutureSkewMs: 86_400_000,
    importScanIntervalMs: 5_000,
    importQuietPeriodMs: 2_000,
    importUnfinishedEndings: [],
    maxLineBytes: 65_536,
    maxBodyBytes: 67_108_864,
    importGzip: false,
    importGzipMaxBytes: 8_589_934_592,
    importGzipMaxRatio: 100,
    batchEvents: 8_192,
    snapshotEveryEvents: 1_000_000,
    storeMemoryLimitBytes: embeddedDefaults.memoryLimitBytes,
    duplicateFilterBytes: 134_217_728,
    logLevel: 'info',
    logFormat: 'auto',
    kafkaBootstrapServers: ['127.0.0.1:9092'],
    kafkaSecurityProtocol: 'PLAINTEXT',
    kafkaSessionTimeoutMs: 10_000,
    kafkaTransactionTimeoutMs: 15_000,
    kafkaReplicationFactor: 3,
    topicIncomingDataRecords: 'incoming-data-records',
    topicAgreements: 'agreements',
    topicDataRecordsAggregates: 'data-records-aggregates',
    topicImportFiles: 'import-files',
    cassandraContactPoints: ['127.0.0.1:9042'],
    cassandraLocalDataCenter: 'datacenter1',
    cassandraKeyspace: 'mobilecs',
    cassandraTls: false,
    cassandraReplicationFactor: 3,
    clusterName: 'overage',
    partitions: 12,
    shards: 12,
    unhealthyAfterMs: 60_000,
    feeds: {},
  });
});

test('the incoming folder is in DATA_DIR unless it is set', () => {
  expect(settingsOf({ DATA_DIR: '/srv/o' }).incomingDataRecordsDir).toBe(
    '/srv/o/incoming-data-records',
  );
  const both = { DATA_DIR: '/srv/o', MOBILECS_INCOMING_DATA_RECORDS_DIR: '/cdr' };
  expect(settingsOf(both).incomingDataRecordsDir).toBe('/cdr');
});

test('the environment wins over the file, the file over the default', () => {
  const settings = settingsOf({ PORT: '1', HOST: '' }, file({ PORT: 2, HOST: 'a', DATA_DIR: 'd' }));
  expect([settings.port, settings.host, settings.dataDir]).toEqual([1, 'a', 'd']);
});

test('an array of roles in the file is read like a list', () => {
  const { roles } = settingsOf({}, file({ ROLES: ['api', 'ingest', 'api'] }));
  expect(roles).toEqual(['ingest', 'api']);
});

test.each(['import', 'import,api', 'ingest'])(
  'one machine needs ingest and api; the roles %s are for a cluster',
  (ROLES) => {
    expect(faultsOf({ ROLES })).toEqual([
      {
        path: 'ROLES',
        message: 'a process without ingest or without api needs STORE=cluster',
        code: 'SETTINGS_CONFLICT',
      },
    ]);
    expect(settingsOf({ ROLES, STORE: 'cluster' }).roles).toEqual(ROLES.split(','));
  },
);

test('all faults of all sources are told at once, each with its place', () => {
  const content = {
    PROT: 1,
    LOG_LEVEL: 'loud',
    BATCH_EVENTS: {},
    feeds: {
      roaming: { maxOutOfOrderness: '4h', idle: 'PT1H' },
      done: {},
      home: 7,
    },
  };
  const faults = faultsOf({ PORT: '70000', STORE: 'clustre', ROLES: 'api,web' }, file(content));
  const at = (path: string): string => `overage.settings.json: ${path}`;
  expect(faults.map(({ path, code }) => `${code} ${path}`).sort()).toEqual(
    [
      'SETTING_OUT_OF_BOUNDS PORT',
      'SETTING_INVALID STORE',
      'SETTING_INVALID ROLES',
      `SETTING_UNKNOWN ${at('PROT')}`,
      `SETTING_INVALID ${at('LOG_LEVEL')}`,
      `SETTING_INVALID ${at('BATCH_EVENTS')}`,
      `SETTING_INVALID ${at('feeds.roaming.maxOutOfOrderness')}`,
      `SETTING_UNKNOWN ${at('feeds.roaming.idle')}`,
      `SETTING_INVALID ${at('feeds.done')}`,
      `SETTING_INVALID ${at('feeds.home')}`,
    ].sort(),
  );
});

test.each([
  ['PORT', 'x', 'SETTING_INVALID'],
  ['PORT', '8e3', 'SETTING_INVALID'],
  ['PORT', '-1', 'SETTING_OUT_OF_BOUNDS'],
  ['HOST', ' ', 'SETTING_INVALID'],
  ['DATA_DIR', 'a\u0000b', 'SETTING_INVALID'],
  ['MAX_LINE_BYTES', '1KB', 'SETTING_INVALID'],
  ['MAX_LINE_BYTES', '1GiB', 'SETTING_OUT_OF_BOUNDS'],
  ['IMPORT_GZIP', 'yes', 'SETTING_INVALID'],
  ['FEED_MAX_OUT_OF_ORDERNESS', 'P1M', 'SETTING_INVALID'],
  ['FEED_IDLE_AFTER', 'PT0S', 'SETTING_OUT_OF_BOUNDS'],
])('%s=%j is refused as %s', (name, value, code) => {
  expect(faultsOf({ [name]: value })).toMatchObject([{ path: name, code }]);
});

test('a settings file that was named must exist; the default one need not', () => {
  expect(faultsOf({})).toEqual([]);
  expect(faultsOf({ SETTINGS_FILE: 'x.json' })).toMatchObject([
    { path: 'x.json', code: 'SETTINGS_FILE_UNREADABLE' },
  ]);
});

test('a settings file that cannot be read is a fault, not a crash', () => {
  const refused: ReadFile = () => {
    throw new Error('permission denied');
  };
  expect(faultsOf({}, refused)).toMatchObject([
    { code: 'SETTINGS_FILE_UNREADABLE', message: 'permission denied' },
  ]);
});

test.each(['', '{', '[]', '7', 'null'])('a settings file of %j is refused', (content) => {
  expect(faultsOf({}, file(content))).toMatchObject([{ code: 'SETTINGS_FILE_MALFORMED' }]);
});

test('no text in any setting makes loading throw', () => {
  const names = Object.values(declared).map(({ name }) => name);
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.string(), fc.jsonValue(), (name, text, content) => {
      const loaded = loadSettings({ [name]: text }, file({ feeds: content, [name]: content }));
      expect(typeof loaded.ok).toBe('boolean');
    }),
  );
});

test('host names are read in one spelling, and what is none is refused', () => {
  const written = 'Usage.Example.org, *.internal ,a,,a';
  expect(settingsOf({ ALLOWED_HOSTS: written })).toMatchObject({
    allowedHosts: ['usage.example.org', '*.internal', 'a'],
  });
  for (const host of ['http://a', 'a:8080', 'a b', '*a', 'a/*', '-']) {
    const loaded = loadSettings({ ALLOWED_HOSTS: host }, () => undefined);
    expect(loaded).toMatchObject({ ok: false, faults: [{ path: 'ALLOWED_HOSTS' }] });
  }
});
