/**
 * Lines a second from a file into Kafka, exactly once, and beside it in the same run what kafkajs
 * alone makes of the same messages, without transactions. After a build, on running servers:
 *   npm run cluster:up && node dist/bench/cluster-import.js [--lines=1000000] [--runs=3]
 * KAFKA_BOOTSTRAP_SERVERS and CASSANDRA_CONTACT_POINT name other servers than those.
 */
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Kafka, Partitioners, type Message } from 'kafkajs';
import { clusterSchema } from '../src/wiring/cluster/cluster-schema.js';
import { CassandraFileIds } from '../src/import/adapters/cassandra-file-ids.js';
import { CassandraImportRows } from '../src/import/adapters/cassandra-import-rows.js';
import { KafkaImporter } from '../src/import/adapters/kafka-importer.js';
import { usageMessages } from '../src/ingest/adapters/kafka-usage-codec.js';
import { usageRecords } from '../src/ingest/adapters/kafka-usage-records.js';
import { UsageEvents } from '../src/ingest/index.js';
import { CassandraSession, createSchema } from '../src/platform/cassandra/index.js';
import { IncomingFolder } from '../src/platform/files/incoming-folder.js';
import { newKafka } from '../src/platform/kafka/index.js';
import { restFor } from '../src/platform/pause.js';
import { writeCdrFile } from './inputs.js';
import { newDataDir, removeDirectory } from './program.js';
import { median } from './statistics.js';

const { values: options } = parseArgs({
  options: {
    lines: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '3' },
    partitions: { type: 'string', default: '4' },
  },
});
const lines = Number(options.lines);
const partitions = Number(options.partitions);
const brokers = (process.env.KAFKA_BOOTSTRAP_SERVERS ?? '127.0.0.1:9092').split(',');
const contactPoints = (process.env.CASSANDRA_CONTACT_POINT ?? '127.0.0.1:9042').split(',');
const localDataCenter = 'datacenter1';
const name = `bench_import_${process.pid}`;
const topics = { log: `${name}-log`, journal: `${name}-journal` };
const logger = { log: () => undefined, warn: console.error, debug: () => undefined };
const kafka = newKafka({ bootstrapServers: brokers, clientId: name }, logger);
const kafkajsAlone = new Kafka({ brokers, clientId: `${name}-baseline` });

interface Rate {
  readonly linesPerSecond: number;
  /** Of this process, in µs. */
  readonly cpuPerLine: number;
}

const rateOf = async (count: number, work: () => Promise<void>): Promise<Rate> => {
  const startMs = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - startMs) / 1000;
  return { linesPerSecond: count / seconds, cpuPerLine: (user + system) / count };
};

const makeTables = async (session: CassandraSession): Promise<void> => {
  const schema = clusterSchema({ keyspace: name, shards: partitions, partitions });
  await createSchema(session, schema, { replicationFactor: 1, localDataCenter });
  const admin = kafka.admin();
  const configEntries = [{ name: 'retention.ms', value: '-1' }];
  await admin.createTopics({
    topics: [
      { topic: topics.log, numPartitions: partitions, configEntries },
      { topic: topics.journal, numPartitions: 1 },
    ],
    waitForLeaders: true,
  });
  await admin.disconnect();
};

const dropTables = async (session: CassandraSession): Promise<void> => {
  await session.query(`DROP KEYSPACE IF EXISTS ${name}`, [], { prepare: false });
  const admin = kafka.admin();
  await admin.deleteTopics({ topics: [topics.log, topics.journal] });
  await admin.disconnect();
};

/** From the rename of the file until it is moved away: its end is durable. */
const measureImport = async (
  session: CassandraSession,
  dataDir: string,
  run: number,
): Promise<Rate> => {
  const directory = join(dataDir, `incoming-${run}`);
  await mkdir(directory, { recursive: true });
  writeCdrFile(join(directory, 'tmp_bench'), { records: lines, subscribers: 10_000 });
  const ids = new CassandraFileIds(session);
  const importer = new KafkaImporter({
    kafka,
    rows: new CassandraImportRows(session),
    encode: (events) => usageRecords(events, partitions),
    reserveIds: (count) => ids.reserve(count),
    options: {
      ...{ clusterName: name, directory, topics },
      ...{ sessionTimeoutMs: 10_000, transactionTimeoutMs: 15_000 },
    },
    ports: {
      folder: new IncomingFolder(directory),
      now: () => Date.now(),
      pauseMs: restFor,
      maxLineBytes: 64 * 1024,
      maxFutureSkewMs: 24 * 3_600_000,
      scanIntervalMs: 1000,
      gzip: undefined,
      maxOutOfOrdernessMs: () => 0,
      logger,
    },
  });
  await importer.start();
  const isDone = async (): Promise<boolean> =>
    (await readdir(join(directory, 'done')).catch(() => [])).length > 0;
  const importOne = async (count: number): Promise<void> => {
    await rename(join(directory, 'tmp_bench'), join(directory, `bench-${count}.csv`));
    while (!(await isDone())) await sleep(5);
  };
  await sleep(5000); // it joins the group, and has nothing to do yet
  const rate = await rateOf(lines, () => importOne(lines));
  await importer.stop();
  return rate;
};

/** The messages of so many lines of one file, as the importer makes them. */
const someMessages = (count: number): Message[] => {
  const events = new UsageEvents(count);
  const recordId = new Uint32Array([1, 2, 3, 4]);
  for (let n = 0; n < count; n++) {
    recordId[3] = n;
    const record = { recordId, recordedBytes: n * 1000, fileId: 1, lineNo: n + 1 };
    const recordedAtMs = Date.UTC(2020, 0, 2) + n;
    events.pushRecord({ msisdn: 48_100_000_000 + (n % 10_000), recordedAtMs, ...record });
  }
  events.raw = (at) => Buffer.from(`${at};2020-01-02T00:00+01:00[Europe/Warsaw];48100000000;1000`);
  const parts = usageMessages(events, partitions);
  const inTurn: Message[] = [];
  const longest = Math.max(...parts.map(({ length }) => length));
  for (let at = 0; at < longest; at++) {
    for (const part of parts) if (at < part.length) inTurn.push(part[at]);
  }
  return inTurn;
};

const messagesPerSend = 2000;

/** kafkajs by itself, its way of encoding: each send acknowledged before the next. */
const measureBaseline = async (messages: readonly Message[]): Promise<Rate> => {
  const createPartitioner = Partitioners.DefaultPartitioner;
  const producer = kafkajsAlone.producer({ createPartitioner });
  await producer.connect();
  const rate = await rateOf(messages.length, async () => {
    for (let from = 0; from < messages.length; from += messagesPerSend) {
      const some = messages.slice(from, from + messagesPerSend);
      await producer.send({ topic: topics.log, messages: some, acks: -1 });
    }
  });
  await producer.disconnect();
  return rate;
};

const print = (what: string, rates: readonly Rate[]): void => {
  const perSecond = rates.map(({ linesPerSecond }) => Math.round(linesPerSecond));
  const cpu = median(rates.map(({ cpuPerLine }) => cpuPerLine));
  const all = perSecond.join(' ');
  console.log(`${what}: ${median(perSecond)} lines/s (${all}), ${cpu.toFixed(1)} µs CPU a line`);
};

const slow = { requestTimeoutMs: 60_000 }; // tables take their time
const session = await CassandraSession.open({ contactPoints, localDataCenter, ...slow });
const dataDir = await newDataDir();
const imports: Rate[] = [];
const baselines: Rate[] = [];
try {
  await makeTables(session);
  const own = await CassandraSession.open({ contactPoints, localDataCenter, keyspace: name });
  const messages = someMessages(Math.min(lines, 200_000));
  for (let run = 0; run < Number(options.runs); run++) {
    baselines.push(await measureBaseline(messages));
    imports.push(await measureImport(own, dataDir, run));
  }
  print('kafkajs alone, no transaction', baselines);
  print('file to Kafka, exactly once', imports);
  await own.close();
} finally {
  await dropTables(session);
  await session.close();
  await removeDirectory(dataDir);
}
