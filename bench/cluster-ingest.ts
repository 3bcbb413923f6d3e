import { execFile } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ClusterInBench, isCaughtUp, partitionsOf } from './cluster-program.js';
import { postWorkloadAgreements, writeCdrFile } from './inputs.js';
import { cpuSecondsOf, quiet } from './machine.js';

const subscribers = 10_000;

export interface IngestRun {
  readonly recordsPerSecond: number;
  /** A short program without guarantees, on the same records right before. */
  readonly baselinePerSecond: number;
  /** Of the program alone, in µs a record. */
  readonly cpuPerRecord: number;
}

/** Agreements, then so many records in the topic and not one of them counted. */
const preload = async (cluster: ClusterInBench, records: number): Promise<void> => {
  const workload = { subscribers, records, daysStep: 1 / 24 };
  const program = await cluster.start();
  await program.answers('/health/ready');
  await postWorkloadAgreements(program, workload);
  await program.stop();
  const importer = await cluster.start({ ROLES: 'import,api' });
  const temporary = join(importer.incomingDir, 'tmp_bench');
  writeCdrFile(temporary, workload);
  await rename(temporary, join(importer.incomingDir, 'bench.csv'));
  await importer.until(async () => {
    const answer = await importer.get<{ items: { state: string }[] }>('/api/import-files');
    return answer?.items[0]?.state === 'done';
  });
  await importer.stop();
};

/** In a keyspace of its own, so that nothing of it is there for the program. */
const baseline = async (cluster: ClusterInBench, records: number): Promise<number> => {
  const other = await ClusterInBench.make();
  try {
    const script = join(dirname(fileURLToPath(import.meta.url)), 'cluster-baseline.js');
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...[script, cluster.topics.incoming, other.name, String(records)],
    ]);
    const { records: counted, seconds } = JSON.parse(stdout) as Record<string, number>;
    return counted / seconds;
  } finally {
    await other.remove();
  }
};

/**
 * Records a second from the first one that is counted to the last: preloaded in Kafka, rows in
 * Cassandra, messages in Kafka, exactly once. One process has all partitions.
 */
export const measureIngest = async (records: number): Promise<IngestRun> => {
  const cluster = await ClusterInBench.make();
  try {
    await preload(cluster, records);
    await quiet();
    const baselinePerSecond = await baseline(cluster, records);
    await quiet();
    const program = await cluster.start({ ROLES: 'ingest,api' });
    let first: { ms: number; position: number; cpu: number } | undefined;
    let last = 0;
    await program.until(
      async () => {
        const all = await partitionsOf(program);
        const position = all.reduce((sum, each) => sum + (each.position ?? 0), 0);
        if (first === undefined && position > subscribers * 2) {
          first = { ms: performance.now(), position, cpu: cpuSecondsOf(program.pid) };
        }
        last = position;
        return first !== undefined && isCaughtUp(all);
      },
      { everyMs: 20 },
    );
    if (first === undefined) throw new Error('nothing was counted');
    const counted = last - first.position;
    const seconds = (performance.now() - first.ms) / 1000;
    const cpu = cpuSecondsOf(program.pid) - first.cpu;
    const cpuPerRecord = (cpu * 1e6) / counted;
    return { recordsPerSecond: counted / seconds, baselinePerSecond, cpuPerRecord };
  } finally {
    await cluster.remove();
  }
};

/** Milliseconds of a restart until every partition runs, with so many open windows. */
export const measureRestore = async (windows: number, restarts: number): Promise<number[]> => {
  const cluster = await ClusterInBench.make();
  try {
    const workload = { subscribers: windows, records: windows, daysStep: 0.5 };
    const program = await cluster.start();
    await program.answers('/health/ready');
    await postWorkloadAgreements(program, workload);
    const temporary = join(program.incomingDir, 'tmp_bench');
    writeCdrFile(temporary, workload);
    await rename(temporary, join(program.incomingDir, 'bench.csv'));
    await program.until(async () => {
      const all = await partitionsOf(program);
      const counted = all.reduce((sum, each) => sum + (each.position ?? 0), 0);
      return counted >= windows * 2 && isCaughtUp(all);
    });
    await program.stop();
    await sleep(1000);
    const readyMs: number[] = [];
    for (let restart = 0; restart < restarts; restart++) {
      const again = await cluster.start({ ROLES: 'ingest,api' });
      await again.answers('/health/live');
      const startMs = performance.now();
      await again.until(async () => isCaughtUp(await partitionsOf(again)));
      readyMs.push(performance.now() - startMs);
      await again.stop();
    }
    return readyMs;
  } finally {
    await cluster.remove();
  }
};
