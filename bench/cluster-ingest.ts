import { execFile } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ClusterInBench, isCaughtUp, partitionsOf } from './cluster-program.js';
import { postWorkloadAgreements, writeCdrFile } from './inputs.js';
import { cpuSecondsOf, memoryOf, quiet } from './machine.js';

const subscribers = 10_000;

export interface CountingRun {
  readonly linesPerSecond: number;
  /** A short program without guarantees, on the same file right before. */
  readonly linesBaseline: number;
  readonly recordsPerSecond: number;
  /** A short program without guarantees, on the same records right before. */
  readonly recordsBaseline: number;
  /** Of the program alone while it counts, in µs a record. */
  readonly cpuPerRecord: number;
  /** The most it had in memory meanwhile. */
  readonly mostMemoryBytes: number;
}

/** Runs a short program of this folder that prints a count and seconds; answers with its rate. */
const rateOf = async (script: string, args: readonly string[]): Promise<number> => {
  const path = join(dirname(fileURLToPath(import.meta.url)), script);
  const { stdout } = await promisify(execFile)(process.execPath, [path, ...args]);
  const { count, seconds } = JSON.parse(stdout) as { count: number; seconds: number };
  return count / seconds;
};

/** Lines a second from the rename of the file until its book is done: all lines in Kafka. */
const importFile = async (
  cluster: ClusterInBench,
  file: string,
  lines: number,
): Promise<number> => {
  const importer = await cluster.start({ ROLES: 'import,api' });
  await importer.answers('/health/ready');
  const startMs = performance.now();
  await rename(file, join(importer.incomingDir, 'bench.csv'));
  await importer.until(async () => {
    const answer = await importer.get<{ items: { state: string }[] }>('/api/import-files');
    return answer?.items[0]?.state === 'done';
  });
  const linesPerSecond = (lines * 1000) / (performance.now() - startMs);
  await importer.stop();
  return linesPerSecond;
};

/** Records a second from the first one that is counted to the last. */
const countAll = async (
  cluster: ClusterInBench,
): Promise<Pick<CountingRun, 'recordsPerSecond' | 'cpuPerRecord' | 'mostMemoryBytes'>> => {
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
    { everyMs: 100 },
  );
  if (first === undefined) throw new Error('nothing was counted');
  const counted = last - first.position;
  const seconds = (performance.now() - first.ms) / 1000;
  const cpu = cpuSecondsOf(program.pid) - first.cpu;
  const mostMemoryBytes = memoryOf(program.pid, 'VmHWM') ?? NaN;
  await program.stop();
  const cpuPerRecord = (cpu * 1e6) / counted;
  return { recordsPerSecond: counted / seconds, cpuPerRecord, mostMemoryBytes };
};

/** Work in an installation of its own; its rows are gone before anything else is measured. */
const inAnother = async <T>(work: (other: ClusterInBench) => Promise<T>): Promise<T> => {
  const other = await ClusterInBench.make();
  try {
    return await work(other);
  } finally {
    await other.remove();
  }
};

/**
 * A file into Kafka, and then, with nothing else on the machine, its records counted by one
 * process that has all partitions: rows in Cassandra, messages in Kafka, each exactly once. The
 * baselines write into an installation of their own.
 */
export const measureCounting = async (records: number): Promise<CountingRun> => {
  const cluster = await ClusterInBench.make();
  const { incoming } = cluster.topics;
  try {
    const workload = { subscribers, records, daysStep: 1 / 24 };
    const program = await cluster.start();
    await program.answers('/health/ready');
    await postWorkloadAgreements(program, workload);
    await program.stop();
    const file = join(program.incomingDir, 'tmp_bench');
    writeCdrFile(file, workload);
    await quiet();
    const linesBaseline = await inAnother(({ topics }) =>
      rateOf('cluster-import-baseline.js', [file, topics.incoming]),
    );
    await quiet();
    const linesPerSecond = await importFile(cluster, file, records);
    await quiet();
    const recordsBaseline = await inAnother(({ name }) =>
      rateOf('cluster-baseline.js', [incoming, name, `${records}`]),
    );
    await quiet();
    return { linesPerSecond, linesBaseline, recordsBaseline, ...(await countAll(cluster)) };
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
      await again.answers('/health/ready'); // every partition runs
      readyMs.push(performance.now() - startMs);
      await again.stop();
    }
    return readyMs;
  } finally {
    await cluster.remove();
  }
};
