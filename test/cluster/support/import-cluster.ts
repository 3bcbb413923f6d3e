import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Admin, type KafkaMessage } from 'kafkajs';
import { clusterSchema } from '../../../src/wiring/cluster/cluster-schema.js';
import { CassandraSession, createSchema } from '../../../src/platform/cassandra/index.js';
import { ClusterInTest } from './cluster-in-test.js';
import type { ImportProcessOptions } from './import-process.js';

/** Servers of another run save the start: these name their ports. */
const givenKafka = Number(process.env.OVERAGE_TEST_KAFKA_PORT ?? 0);
const givenCassandra = Number(process.env.OVERAGE_TEST_CASSANDRA_PORT ?? 0);

export const partitions = 4;
const root = join(__dirname, '../../..');
const bundle = join(root, 'node_modules/.cache/overage-import/import-process.mjs');

const bundleProcess = (): void => {
  const entry = join(__dirname, 'import-process.ts');
  const options = ['--bundle', '--platform=node', '--format=esm', '--packages=external'];
  const made = spawnSync(join(root, 'node_modules/.bin/esbuild'), [
    ...[entry, ...options, '--target=node20', '--log-level=warning', `--outfile=${bundle}`],
  ]);
  if (made.status !== 0) throw new Error(String(made.stderr));
};

/** A line that an importing process said. */
export interface SaidLine {
  readonly level: string;
  readonly message: string;
  readonly code?: string;
  readonly cause?: string;
}

/** One process that imports, or stands by to. */
export class ImportProcess {
  readonly said: SaidLine[] = [];
  readonly #ended: Promise<void>;

  constructor(private readonly child: ChildProcess) {
    if (child.stdout === null) throw new Error('its output is not read');
    createInterface(child.stdout).on('line', (line) => {
      this.said.push(JSON.parse(line) as SaidLine);
    });
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** By what it said last of it. */
  get isImporting(): boolean {
    const turns = this.said.map(({ message }) => /^this process (imports|stands by)/.exec(message));
    return turns.findLast((turn) => turn !== null)?.[1] === 'imports';
  }

  has(text: string): boolean {
    return this.said.some(({ message }) => message.includes(text));
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(name);
  }

  async end(name: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.child.kill(name);
    await this.#ended;
  }
}

/** Where a line of a file stands, as a message of the log. */
export interface LoggedLine {
  readonly partition: number;
  readonly offset: number;
  readonly fileId: number;
  readonly lineNo: number;
}

/** Servers, topics, a keyspace and a folder of one test. */
export class ImportCluster {
  readonly processes: ImportProcess[] = [];
  readonly options: ImportProcessOptions;
  readonly kafka: Kafka;
  readonly #admin: Admin;
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'overage-import-'));

  private constructor(
    readonly session: CassandraSession,
    servers: { kafka: string; cassandra: string },
    private readonly own: ClusterInTest | undefined,
  ) {
    const name = `imp_${process.pid}_${Date.now()}`;
    this.options = {
      ...servers,
      keyspace: name,
      clusterName: name,
      directory: join(this.#dataDir, 'incoming'),
      topics: { log: `${name}-log`, journal: `${name}-journal` },
      partitions,
      sessionTimeoutMs: 6_000,
      transactionTimeoutMs: 10_000,
    };
    this.kafka = new Kafka({ brokers: [servers.kafka], logLevel: logLevel.NOTHING });
    this.#admin = this.kafka.admin();
  }

  static async make(): Promise<ImportCluster> {
    bundleProcess();
    const own = givenKafka && givenCassandra ? undefined : await ClusterInTest.make();
    const started = await own?.run('up');
    if (started !== undefined && started.code !== 0) throw new Error(started.output);
    const ports = own?.ports ?? { kafka: givenKafka, cassandra: givenCassandra };
    const servers = {
      kafka: `127.0.0.1:${ports.kafka}`,
      cassandra: `127.0.0.1:${ports.cassandra}`,
    };
    const session = await CassandraSession.open({
      contactPoints: [servers.cassandra],
      localDataCenter: 'datacenter1',
      requestTimeoutMs: 60_000, // tables take their time
    });
    const made = new ImportCluster(session, servers, own);
    await made.#makeTables();
    return made;
  }

  async remove(): Promise<void> {
    for (const process of this.processes) {
      process.signal('SIGCONT');
      if (process.isAlive) await process.end('SIGKILL');
    }
    await this.session.query(`DROP KEYSPACE ${this.options.keyspace}`, [], { prepare: false });
    await this.session.close();
    const { log, journal } = this.options.topics;
    await this.#admin.deleteTopics({ topics: [log, journal] });
    await this.#admin.disconnect();
    await this.own?.run('down');
    this.own?.remove();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  /** Starts one more process on the folder. */
  start(): ImportProcess {
    const env = { ...process.env, IMPORT_OPTIONS: JSON.stringify(this.options) };
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const started = new ImportProcess(
      spawn(process.execPath, [bundle], { env, stdio: [...stdio] }),
    );
    this.processes.push(started);
    return started;
  }

  /** The one that imports, once there is one. */
  async importing(timeoutMs = 30_000): Promise<ImportProcess> {
    let found: ImportProcess | undefined;
    await until('one process imports', timeoutMs, () => {
      found = this.processes.find((process) => process.isAlive && process.isImporting);
      return found !== undefined;
    });
    return found as ImportProcess;
  }

  drop(name: string, content: string): void {
    const { directory } = this.options;
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `tmp_${name}`), content);
    renameSync(join(directory, `tmp_${name}`), join(directory, name));
  }

  /** Names that the importer still has to take away. */
  waiting(): string[] {
    const { directory } = this.options;
    return readdirSync(directory).filter((name) => name.endsWith('.csv'));
  }

  /** Offsets the log has given out so far, those of markers and of what is not committed too. */
  async logLength(): Promise<number> {
    const ends = await this.#admin.fetchTopicOffsets(this.options.topics.log);
    return ends.reduce((sum, { high }) => sum + Number(high), 0);
  }

  async #makeTables(): Promise<void> {
    const { keyspace, topics } = this.options;
    const schema = clusterSchema({ keyspace, shards: partitions, partitions });
    await createSchema(this.session, schema, {
      ...{ replicationFactor: 1, localDataCenter: 'datacenter1' },
    });
    await this.#admin.connect();
    const noAge = { name: 'retention.ms', value: '-1' };
    const compacted = { name: 'cleanup.policy', value: 'compact' };
    await this.#admin.createTopics({
      topics: [
        { topic: topics.log, numPartitions: partitions, configEntries: [noAge] },
        { topic: topics.journal, numPartitions: 1, configEntries: [compacted] },
      ],
      waitForLeaders: true,
    });
  }

  /** Committed messages of the log by partition, read by a client of its own. */
  async committed(): Promise<ReadonlyMap<number, readonly KafkaMessage[]>> {
    const topic = this.options.topics.log;
    const ends = await this.#admin.fetchTopicOffsets(topic);
    const messages = new Map<number, KafkaMessage[]>();
    const left = new Set<number>();
    for (const { partition, high } of ends) {
      messages.set(partition, []);
      if (Number(high) > 0) left.add(partition);
    }
    const consumer = this.kafka.consumer({ groupId: `${topic}-${Date.now()}-reader` });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachBatch: ({ batch }) => {
        messages.get(batch.partition)?.push(...batch.messages);
        const end = Number(ends.find(({ partition }) => partition === batch.partition)?.high);
        if (Number(batch.lastOffset()) + 1 >= end) left.delete(batch.partition);
        return Promise.resolve();
      },
    });
    // the last offset of a partition is a marker, which is in no batch that is handed out
    let before = -1;
    for (let count = 0; left.size > 0 && count !== before;) {
      before = count;
      await sleep(1500);
      count = [...messages.values()].reduce((sum, { length }) => sum + length, 0);
    }
    await consumer.disconnect();
    return messages;
  }
}

/** Waits until something is so; throws with its name when it is not in time. */
export const until = async (
  what: string,
  timeoutMs: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> => {
  for (const endMs = Date.now() + timeoutMs; Date.now() < endMs;) {
    if (await isSo()) return;
    await sleep(20);
  }
  throw new Error(`not in time: ${what}`);
};
