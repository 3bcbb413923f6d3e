import { declaredOfCluster } from './declared-of-cluster.js';
import {
  bytes,
  choice,
  duration,
  endings,
  flag,
  hostNames,
  integer,
  listOf,
  text,
  type Setting,
} from './setting.js';

/** The parts of the program that one process can run. */
export const roles = ['import', 'ingest', 'api'] as const;

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** Keeps the value's type and says that all of the shape is there. */
const setting = <T>(declared: Setting<T>): Setting<T> => declared;

/** Settings of both ways to run. */
export const declaredOfBoth = {
  host: setting({
    ...text('host name or address'),
    name: 'HOST',
    defaultText: '127.0.0.1',
    doc: 'Address to listen on. There is no log-in: open it to others only behind a proxy.',
  }),
  port: setting({
    ...integer(0, 65_535),
    name: 'PORT',
    defaultText: '8080',
    doc: 'Port for REST, GraphQL and the pages. 0 takes any free port and prints it.',
  }),
  allowedHosts: setting({
    ...hostNames(),
    name: 'ALLOWED_HOSTS',
    defaultText: '',
    doc:
      'Host names the program may be asked under besides localhost, HOST and, behind a wildcard ' +
      'HOST, any address: those of a proxy or a service. `*.name` for all below a name, `*` for ' +
      'any. Pages of these names may change something; pages of other sites may not.',
  }),
  maxConnections: setting({
    ...integer(10, 100_000, 'connections'),
    name: 'MAX_CONNECTIONS',
    defaultText: '1000',
    doc: 'Most HTTP connections at once; more are closed unheard. Each may take 0.3 MB.',
  }),
  generator: setting({
    ...choice(['auto', 'on', 'off']),
    name: 'GENERATOR',
    defaultText: 'auto',
    doc:
      'Whether the demo data of the `generate` addresses can be made. `auto`: only with ' +
      'STORE=embedded and a HOST of this machine alone. Never on beside records that count.',
  }),
  dataDir: setting({
    ...text('path'),
    name: 'DATA_DIR',
    defaultText: './data',
    doc: 'Folder of the store. One process at a time may use it.',
  }),
  incomingDataRecordsDir: setting({
    ...text('path'),
    name: 'MOBILECS_INCOMING_DATA_RECORDS_DIR',
    defaultText: 'DATA_DIR/incoming-data-records',
    doc: 'Folder to drop CDR files into. A sub-folder is a feed of that name.',
  }),
  roles: setting({
    ...listOf(roles),
    name: 'ROLES',
    defaultText: 'import,ingest,api',
    doc:
      'What this process does: `import` reads files, `ingest` counts, `api` answers REST, ' +
      'GraphQL and pages. With STORE=embedded only `import` can be left out: files then wait.',
  }),
  store: setting({
    ...choice(['embedded', 'cluster']),
    name: 'STORE',
    defaultText: 'embedded',
    doc:
      'Where log, rows and messages live. `embedded`: one DuckDB file in DATA_DIR. `cluster`: ' +
      'Kafka and Cassandra, any number of processes.',
  }),
  feedMaxOutOfOrdernessMs: setting({
    ...duration('PT0S', 'P92D'),
    name: 'FEED_MAX_OUT_OF_ORDERNESS',
    defaultText: 'PT4H',
    doc: 'How much older than the newest one a record may be without being late. Per feed below.',
  }),
  feedIdleAfterMs: setting({
    ...duration('PT1S', 'P92D'),
    name: 'FEED_IDLE_AFTER',
    defaultText: 'PT1H',
    doc: 'Silence after which feed `topic` holds back no closing. File feeds: only if set below.',
  }),
  maxFutureSkewMs: setting({
    ...duration('PT0S', 'P366D'),
    name: 'MAX_FUTURE_SKEW',
    defaultText: 'PT24H',
    doc: 'A record further than this in the future of its import is rejected.',
  }),
  importScanIntervalMs: setting({
    ...duration('PT0.05S', 'PT1H'),
    name: 'IMPORT_SCAN_INTERVAL',
    defaultText: 'PT5S',
    doc: 'How often the folder is scanned, in case the file system tells nothing.',
  }),
  importQuietPeriodMs: setting({
    ...duration('PT0S', 'PT1H'),
    name: 'IMPORT_QUIET_PERIOD',
    defaultText: 'PT2S',
    doc:
      'A file that was not renamed into the folder is read once it was not changed for so long. ' +
      'Longer for writers that pause longer.',
  }),
  importUnfinishedEndings: setting({
    ...endings(),
    name: 'IMPORT_UNFINISHED_ENDINGS',
    defaultText: 'none',
    doc:
      'More endings of names that are left alone, in any case, besides those that uploaders are ' +
      'known for (.filepart, .tmp, .part, .partial, .inprogress, .upload, .writing, ~ and so on).',
  }),
  maxLineBytes: setting({
    ...bytes('256', '16MiB'),
    name: 'MAX_LINE_BYTES',
    defaultText: '64KiB',
    doc: 'A longer line of a CDR file is rejected; the rest is read on.',
  }),
  maxBodyBytes: setting({
    ...bytes('1KiB', '1GiB'),
    name: 'MAX_BODY_BYTES',
    defaultText: '64MiB',
    doc: 'A longer NDJSON body is refused with 413; JSON has a bound of 1 MiB.',
  }),
  importGzip: setting({
    ...flag(),
    name: 'IMPORT_GZIP',
    defaultText: 'off',
    doc: 'Whether CDR files that end in .gz are unpacked. Off: they go to failed/.',
  }),
  importGzipMaxBytes: setting({
    ...bytes('1KiB', '1024GiB'),
    name: 'IMPORT_GZIP_MAX_BYTES',
    defaultText: '8GiB',
    doc: 'Most bytes one .gz file may unpack to.',
  }),
  importGzipMaxRatio: setting({
    ...integer(1, 2_000, 'unpacked bytes per packed byte'),
    name: 'IMPORT_GZIP_MAX_RATIO',
    defaultText: '100',
    doc: 'Most a .gz file may grow by; guards against files made to fill the disk.',
  }),
  batchEvents: setting({
    ...integer(1, 65_536, 'events'),
    name: 'BATCH_EVENTS',
    defaultText: '8192',
    doc: 'Most events that are counted in one transaction.',
  }),
  snapshotEveryEvents: setting({
    ...integer(1, 1_000_000_000, 'events'),
    name: 'SNAPSHOT_EVERY_EVENTS',
    defaultText: '1000000',
    doc: 'How often the state is saved. Only the speed of a restart depends on it.',
  }),
  duplicateFilterBytes: setting({
    ...bytes('0', '64GiB'),
    name: 'DUPLICATE_FILTER_MEMORY',
    defaultText: '128MiB',
    doc:
      'Memory that says which records are stored, 2 bytes each, of all partitions together. Of ' +
      'days that find no room each record out of order costs a look-up.',
  }),
  storeMemoryLimitBytes: setting({
    ...bytes('32MiB', '256GiB'),
    name: 'STORE_MEMORY_LIMIT',
    defaultText: '128MiB',
    doc: 'Memory DuckDB may use; it spills to DATA_DIR beyond that.',
  }),
  logLevel: setting({
    ...choice(logLevels),
    name: 'LOG_LEVEL',
    defaultText: 'info',
    doc: 'Least severe level that is written.',
  }),
  logFormat: setting({
    ...choice(['auto', 'json', 'text']),
    name: 'LOG_FORMAT',
    defaultText: 'auto',
    doc: 'JSON lines or readable text; auto writes text when standard output is a terminal.',
  }),
} as const;

/**
 * Every setting that has one name and one value. A key is the field of `Settings`, unit last;
 * `name` is what a user writes in the environment and in the settings file.
 */
export const declared = { ...declaredOfBoth, ...declaredOfCluster } as const;

export type DeclaredField = keyof typeof declared;

/** Where the settings file is; can only be said in the environment. */
export const settingsFileSetting = setting({
  ...text('path'),
  name: 'SETTINGS_FILE',
  defaultText: 'overage.settings.json',
  doc: 'JSON file with settings. When named here it must exist; the default one need not.',
});

/** What the settings file may say of one feed, under `feeds.<name>`. */
export const declaredOfFeed = {
  maxOutOfOrdernessMs: setting({
    ...duration('PT0S', 'P92D'),
    name: 'maxOutOfOrderness',
    defaultText: 'FEED_MAX_OUT_OF_ORDERNESS',
    doc: 'How much older than the newest one a record of this feed may be without being late.',
  }),
  sortedByTime: setting({
    ...flag(),
    name: 'sortedByTime',
    defaultText: 'off',
    doc:
      'Whether the lines of each file come in order of their time: progress is then told within ' +
      'a file, else behind its end.',
  }),
  idleAfterMs: setting({
    ...duration('PT1S', 'P92D'),
    name: 'idleAfter',
    defaultText: 'never; FEED_IDLE_AFTER for feed `topic`',
    doc: 'Silence after which this feed no longer holds back the closing of periods.',
  }),
} as const;
