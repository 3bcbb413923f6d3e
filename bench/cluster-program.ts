import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client } from 'cassandra-driver';
import { newDataDir, Program, removeDirectory } from './program.js';

/** Partitions and shards of a benchmark: as many as the reference system was measured with. */
export const partitions = 4;

/** What tells one installation from another: topics, keyspace and groups of its own. */
export const clusterEnv = (name: string): Record<string, string> => ({
  STORE: 'cluster',
  CLUSTER_NAME: name,
  CASSANDRA_KEYSPACE: name,
  TOPIC_INCOMING_DATA_RECORDS: `${name}-incoming`,
  TOPIC_AGREEMENTS: `${name}-agreements`,
  TOPIC_DATA_RECORDS_AGGREGATES: `${name}-aggregates`,
  TOPIC_IMPORT_FILES: `${name}-files`,
  PARTITIONS: String(partitions),
  SHARDS: String(partitions),
  KAFKA_REPLICATION_FACTOR: '1',
  CASSANDRA_REPLICATION_FACTOR: '1',
  LOG_LEVEL: 'error',
});

let made = 0;

/** Where a partition stands, as GET /api/partitions tells it. */
export interface PartitionAnswer {
  readonly state: string;
  readonly position: number | null;
  readonly lag: number | null;
  readonly snapshotPosition: number | null;
}

/** A fresh installation on the servers of this machine, and processes of it. */
export class ClusterInBench {
  readonly #env: Record<string, string>;
  readonly #programs: Program[] = [];

  private constructor(
    readonly dataDir: string,
    readonly name: string,
  ) {
    this.#env = clusterEnv(name);
  }

  static async make(): Promise<ClusterInBench> {
    const cluster = new ClusterInBench(await newDataDir(), `bench_${process.pid}_${made++}`);
    const env = { ...process.env, ...cluster.#env, DATA_DIR: cluster.dataDir };
    await promisify(execFile)(process.execPath, ['dist/main.js', 'migrate'], { env });
    return cluster;
  }

  get topics(): { readonly incoming: string; readonly aggregates: string } {
    return { incoming: `${this.name}-incoming`, aggregates: `${this.name}-aggregates` };
  }

  async start(env: Readonly<Record<string, string>> = {}): Promise<Program> {
    const program = await Program.start(this.dataDir, { ...this.#env, ...env });
    this.#programs.push(program);
    return program;
  }

  /** Rows that nobody reads any more would be compacted beside the next run. */
  async #drop(): Promise<void> {
    const { CASSANDRA_CONTACT_POINT: at = '127.0.0.1:9042' } = process.env;
    const client = new Client({ contactPoints: [at], localDataCenter: 'datacenter1' });
    await client.execute(`DROP KEYSPACE "${this.name}"`);
    await client.shutdown();
  }

  async remove(): Promise<void> {
    for (const program of this.#programs) await program.stop();
    await removeDirectory(this.dataDir);
    await this.#drop();
  }
}

/** The partitions, or none while the program does not answer. */
export const partitionsOf = async (program: Program): Promise<readonly PartitionAnswer[]> =>
  (await program.get<{ items: PartitionAnswer[] }>('/api/partitions'))?.items ?? [];

/** Every partition runs and has nothing left to count. */
export const isCaughtUp = (all: readonly PartitionAnswer[]): boolean =>
  all.length === partitions && all.every(({ state, lag }) => state === 'running' && lag === 0);
