import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'cassandra-driver';
import { Kafka, logLevel, Partitioners, type Message } from 'kafkajs';
import { migrate } from '../../../src/commands/migrate.js';
import { startProgram, type RunningProgram } from '../../../src/commands/start.js';
import { verify } from '../../../src/commands/verify.js';
import { loadSettings, type Settings } from '../../../src/config/index.js';
import { createLogger } from '../../../src/platform/telemetry/index.js';
import { nameOfSpec, sharedServers } from '../support/servers.js';

const logger = createLogger({ level: 'fatal', format: 'json' });

/** What the command printed, and how many differences it found. */
export interface Verified {
  readonly differences: number;
  readonly lines: readonly string[];
  /** Without the mark they begin with. */
  readonly different: readonly string[];
}

/** Where a message lies. */
export interface Sent {
  readonly partition: number;
  readonly offset: number;
}

type Lag = { readonly items: readonly { readonly lag: number | null }[] };
type Files = { readonly items: readonly { readonly state: string }[] };

/** The program on real servers, and clients of their own to damage what it left. */
export class VerifiedCluster {
  #program: RunningProgram | undefined;
  #files = 0;

  private constructor(
    readonly settings: Settings,
    private readonly folder: string,
    private readonly open: { readonly kafka: Kafka; readonly client: Client },
  ) {}

  static async make(more: Readonly<Record<string, string>> = {}): Promise<VerifiedCluster> {
    const { kafka: broker, cassandra } = sharedServers();
    const name = nameOfSpec('verify');
    const folder = mkdtempSync(join(tmpdir(), 'overage-verify-'));
    const loaded = loadSettings(
      {
        ...{ STORE: 'cluster', PORT: '0', DATA_DIR: folder, CLUSTER_NAME: name },
        ...{ KAFKA_BOOTSTRAP_SERVERS: broker, CASSANDRA_CONTACT_POINT: cassandra },
        ...{ CASSANDRA_KEYSPACE: name, PARTITIONS: '2', SHARDS: '4' },
        ...{ KAFKA_REPLICATION_FACTOR: '1', CASSANDRA_REPLICATION_FACTOR: '1' },
        TOPIC_INCOMING_DATA_RECORDS: `${name}-incoming-data-records`,
        TOPIC_AGREEMENTS: `${name}-agreements`,
        TOPIC_DATA_RECORDS_AGGREGATES: `${name}-data-records-aggregates`,
        TOPIC_IMPORT_FILES: `${name}-import-files`,
        FEED_MAX_OUT_OF_ORDERNESS: 'PT0S',
        ...more,
      },
      () => undefined,
    );
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
    await migrate(loaded.settings, logger, () => undefined);
    const client = new Client({
      ...{ contactPoints: [cassandra], localDataCenter: 'datacenter1', keyspace: name },
    });
    await client.connect();
    const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
    return new VerifiedCluster(loaded.settings, folder, { kafka, client });
  }

  /** Starts the program, with some settings changed. */
  async start(changed: Partial<Settings> = {}): Promise<void> {
    const place = { root: process.cwd(), version: '0.0.0' };
    const settings = { ...this.settings, ...changed };
    this.#program = await startProgram({ ...place, settings, logger });
  }

  /** Ends the program, which saves a snapshot of each partition. */
  async stop(): Promise<void> {
    await this.#program?.stop();
    this.#program = undefined;
  }

  async post(path: string, lines: readonly object[]): Promise<void> {
    const answer = await fetch(`${this.#program?.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.map((line) => JSON.stringify(line)).join('\n'),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }

  async put(path: string, body: object): Promise<void> {
    const answer = await fetch(`${this.#program?.url}${path}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }

  /** Drops a file as a user does: written under another name, then renamed. */
  drop(name: string, text: string): void {
    const incoming = this.settings.incomingDataRecordsDir;
    mkdirSync(incoming, { recursive: true });
    writeFileSync(join(incoming, `tmp_${name}`), text);
    renameSync(join(incoming, `tmp_${name}`), join(incoming, name));
    this.#files++;
  }

  /** Waits until all files are read and everything is counted. */
  async counted(timeoutMs = 120_000): Promise<void> {
    for (const endMs = Date.now() + timeoutMs; Date.now() < endMs; await sleep(200)) {
      const files = await this.#get<Files>('/api/import-files?limit=100');
      if (files.items.filter(({ state }) => state === 'done').length < this.#files) continue;
      const { items } = await this.#get<Lag>('/api/partitions');
      if (items.every(({ lag }) => lag === 0)) return;
    }
    throw new Error('not counted in time');
  }

  async verify(): Promise<Verified> {
    const lines: string[] = [];
    const differences = await verify(this.settings, logger, (line) => lines.push(line));
    const marked = lines.filter((line) => line.startsWith('DIFFERENT  '));
    return { differences, lines, different: marked.map((line) => line.slice(11)) };
  }

  async cql(
    statement: string,
    params: readonly unknown[] = [],
  ): Promise<Record<string, unknown>[]> {
    const { rows } = await this.open.client.execute(statement, [...params], { prepare: true });
    return (rows ?? []).map((row) => ({ ...row }));
  }

  /** Writes a row as it was read, with some columns changed. */
  async insert(table: string, row: Readonly<Record<string, unknown>>): Promise<void> {
    const columns = Object.keys(row).map((name) => `"${name}"`);
    const marks = columns.map(() => '?').join(', ');
    const statement = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`;
    await this.cql(statement, Object.values(row));
  }

  /** Sends messages to a topic with a client of its own, one by one; answers where they lie. */
  async send(topic: string, messages: readonly Message[]): Promise<Sent[]> {
    const producer = this.open.kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    const sent: Sent[] = [];
    for (const message of messages) {
      const [{ partition, baseOffset }] = await producer.send({ topic, messages: [message] });
      sent.push({ partition, offset: Number(baseOffset) });
    }
    await producer.disconnect();
    return sent;
  }

  async remove(): Promise<void> {
    await this.stop();
    const { settings, open } = this;
    await this.cql(`DROP KEYSPACE "${settings.cassandraKeyspace}"`).catch(() => undefined);
    await open.client.shutdown();
    const admin = open.kafka.admin();
    await admin.connect();
    const { topicIncomingDataRecords, topicAgreements } = settings;
    const { topicDataRecordsAggregates, topicImportFiles } = settings;
    const topics = [topicIncomingDataRecords, topicAgreements];
    await admin.deleteTopics({ topics: [...topics, topicDataRecordsAggregates, topicImportFiles] });
    await admin.disconnect();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.#program?.url}${path}`);
    return (await answer.json()) as T;
  }
}
