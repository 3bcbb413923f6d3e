/**
 * Only the importer of a cluster, as a process of its own, so that a test can kill it. Takes its
 * options as JSON in IMPORT_OPTIONS and prints what the importer says, a line of JSON each.
 */
import { CassandraFileIds } from '../../../src/import/adapters/cassandra-file-ids.js';
import { CassandraImportRows } from '../../../src/import/adapters/cassandra-import-rows.js';
import { FoldersLeftAlone } from '../../../src/import/left-alone.js';
import { KafkaImporter } from '../../../src/import/adapters/kafka-importer.js';
import { usageRecords } from '../../../src/ingest/adapters/kafka-usage-records.js';
import { CassandraSession } from '../../../src/platform/cassandra/index.js';
import { IncomingFolder } from '../../../src/platform/files/incoming-folder.js';
import { newKafka } from '../../../src/platform/kafka/index.js';
import { restFor } from '../../../src/platform/pause.js';

/** What a test says to the process. */
export interface ImportProcessOptions {
  readonly kafka: string;
  readonly cassandra: string;
  readonly keyspace: string;
  readonly clusterName: string;
  readonly directory: string;
  readonly topics: { readonly log: string; readonly journal: string };
  readonly partitions: number;
  readonly sessionTimeoutMs: number;
  readonly transactionTimeoutMs: number;
}

const options = JSON.parse(process.env.IMPORT_OPTIONS ?? '') as ImportProcessOptions;

const say = (level: string) => (message: string, facts?: Record<string, unknown>) => {
  process.stdout.write(`${JSON.stringify({ level, message, ...facts })}\n`);
};

const logger = { log: say('log'), warn: say('warn'), debug: () => undefined };

const session = await CassandraSession.open({
  contactPoints: [options.cassandra],
  localDataCenter: 'datacenter1',
  keyspace: options.keyspace,
});
const ids = new CassandraFileIds(session);
const { kafka, clusterName, directory, topics, partitions } = options;
const { sessionTimeoutMs, transactionTimeoutMs } = options;

const importer = new KafkaImporter({
  kafka: newKafka({ bootstrapServers: [kafka], clientId: clusterName }, logger),
  rows: new CassandraImportRows(session),
  encode: (events) => usageRecords(events, partitions),
  reserveIds: (count) => ids.reserve(count),
  options: { clusterName, directory, topics, sessionTimeoutMs, transactionTimeoutMs },
  ports: {
    folder: new IncomingFolder(directory),
    now: () => Date.now(),
    pauseMs: restFor,
    maxLineBytes: 64 * 1024,
    maxFutureSkewMs: 24 * 3_600_000,
    scanIntervalMs: 200,
    quietPeriodMs: 0,
    isSortedByTime: () => false,
    gzip: { maxBytes: 2 ** 32, maxRatio: 1000 },
    maxOutOfOrdernessMs: () => 0,
    leftAlone: new FoldersLeftAlone(logger),
    logger,
  },
});

const stop = async (): Promise<void> => {
  await importer.stop();
  await session.close();
  process.exit(0);
};

process.once('SIGTERM', () => void stop());
await importer.start();
