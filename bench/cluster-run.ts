/**
 * Measures the built program on Kafka and Cassandra and writes bench/RESULTS-CLUSTER.md. On
 * running servers (`npm run cluster:up`), from the top of the tree:
 *   npm run bench:cluster [-- --runs=3 --records=1000000 --windows=1000000 --only=counting,latency]
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureClusterLatency } from './cluster-latency.js';
import { measureCounting, measureRestore, type CountingRun } from './cluster-ingest.js';
import { machineLines } from './machine.js';
import { resultsPage, type Figure } from './results-page.js';
import { median, quantile } from './statistics.js';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    records: { type: 'string', default: '1000000' },
    windows: { type: 'string', default: '1000000' },
    only: { type: 'string', default: 'counting,latency,restore' },
    write: { type: 'string', default: 'bench/RESULTS-CLUSTER.md' },
  },
});
const runs = Number(options.runs);
const figures: Figure[] = [];

const add = (all: readonly number[], figure: Omit<Figure, 'all' | 'median'>): void => {
  figures.push({ ...figure, all, median: median(all) });
  console.log(`${figure.name}: ${all.map((value) => value.toFixed(figure.digits)).join(' ')}`);
};

const times = async <T>(count: number, measure: () => Promise<T>): Promise<T[]> => {
  const results: T[] = [];
  for (let run = 0; run < count; run++) results.push(await measure());
  return results;
};

/** Java compiles what runs often: a first run, which does not count, is a third slower. */
const counting = async (): Promise<void> => {
  await measureCounting(Number(options.records));
  const measured = await times(runs, () => measureCounting(Number(options.records)));
  const of = (field: keyof CountingRun): number[] => measured.map((run) => run[field]);
  const atLeast = (value: number) => ({ kind: '≥', value }) as const;
  const lines = { name: 'Import, file to Kafka', unit: 'lines/s', target: atLeast(60_000) };
  add(of('linesPerSecond'), lines);
  add(of('linesBaseline'), { name: 'Its baseline, without guarantees', unit: 'lines/s' });
  const ingest = { name: 'Ingest of preloaded records', unit: 'records/s' };
  add(of('recordsPerSecond'), { ...ingest, target: atLeast(35_000) });
  add(of('recordsBaseline'), { name: 'Its baseline, without guarantees', unit: 'records/s' });
  const cpu = { name: 'Processor time of the program', unit: 'µs a record', digits: 1 };
  add(of('cpuPerRecord'), cpu);
  const memory = of('mostMemoryBytes').map((bytes) => bytes / 1e6);
  add(memory, { name: 'Most memory of the program', unit: 'MB' });
};

const latency = async (): Promise<void> => {
  const measured = await times(runs, () => measureClusterLatency(100));
  const unit = 'ms';
  const beside = 'beside 1,000 records/s';
  const p50 = measured.map((all) => quantile(all, 0.5));
  add(p50, { name: `Rename until its message, ${beside}, p50`, unit, digits: 1 });
  const p99 = measured.map((all) => quantile(all, 0.99));
  const target = { kind: '≤', value: 250 } as const;
  add(p99, { name: `Rename until its message, ${beside}, p99`, unit, digits: 1, target });
};

const restore = async (): Promise<void> => {
  const windows = Number(options.windows);
  const name = `Restore of ${windows.toLocaleString('en-US')} open windows`;
  const target = { kind: '≤', value: 3000 } as const;
  add(await measureRestore(windows, runs), { name, unit: 'ms', target });
};

const all = { counting, latency, restore };
for (const name of options.only.split(',') as (keyof typeof all)[]) await all[name]();

const page = resultsPage({
  day: new Date().toISOString().slice(0, 10),
  script: 'npm run bench:cluster',
  command: ['npm run bench:cluster', ...process.argv.slice(2)].join(' '),
  machine: [...machineLines(), '- Kafka 4.1.0 and Cassandra 5.0.5, one of each, on the same cores'],
  runs,
  figures,
  notes: `- **Import**: from the rename of a CDR file until its book is \`done\`: lines and
  progress are in Kafka, each exactly once. Its baseline is bench/cluster-import-baseline.ts on the
  same file right before: lines split, JSON, kafkajs; no check, no progress, no transaction.
- **Ingest**: from the first counted record to the last; one process with all 4 partitions, 10,000
  subscribers, rows in Cassandra and messages in Kafka, each exactly once. Its baseline is
  bench/cluster-baseline.ts on the same topic right before: kafkajs, JSON.parse, a Map, batches of
  the Cassandra driver; no look-ups, no books, no messages, nothing that a crash leaves right.
- **Rename until its message**: 100 files of one record each, one after the other, from the rename
  until a consumer of the topic has the message, while 1,000 records/s of others are counted.
- **Restore**: from the first answer of a process that was just started until every partition runs,
  from the snapshots in Cassandra.
- Servers are those of \`npm run cluster:up\`, warm: a first run of all is not counted.`,
});
await writeFile(options.write, page);
console.log(`written: ${options.write}`);
