/**
 * Measures the built program on Kafka and Cassandra and writes bench/RESULTS-CLUSTER.md. On
 * running servers (`npm run cluster:up`), from the top of the tree:
 *   npm run bench:cluster [-- --runs=3 --records=1000000 --windows=1000000 --only=ingest,latency]
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureClusterLatency } from './cluster-latency.js';
import { measureIngest, measureRestore } from './cluster-ingest.js';
import { machineLines } from './machine.js';
import { resultsPage, type Figure } from './results-page.js';
import { median, quantile } from './statistics.js';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    records: { type: 'string', default: '1000000' },
    windows: { type: 'string', default: '1000000' },
    only: { type: 'string', default: 'ingest,latency,restore' },
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

const ingest = async (): Promise<void> => {
  const measured = await times(runs, () => measureIngest(Number(options.records)));
  const of = (field: keyof (typeof measured)[number]): number[] =>
    measured.map((run) => run[field]);
  const target = { kind: '≥', value: 35_000 } as const;
  const name = 'Ingest of preloaded records';
  add(of('recordsPerSecond'), { name, unit: 'records/s', target });
  add(of('baselinePerSecond'), { name: 'Baseline without guarantees', unit: 'records/s' });
  add(of('cpuPerRecord'), { name: 'Its own processor time', unit: 'µs a record', digits: 1 });
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

const all = { ingest, latency, restore };
for (const name of options.only.split(',') as (keyof typeof all)[]) await all[name]();

const page = resultsPage({
  day: new Date().toISOString().slice(0, 10),
  command: ['npm run bench:cluster', ...process.argv.slice(2)].join(' '),
  machine: [...machineLines(), '- Kafka 4.1.0 and Cassandra 5.0.5, one of each, on the same cores'],
  runs,
  figures,
});
await writeFile(options.write, page.replace('npm run bench`', 'npm run bench:cluster`'));
console.log(`written: ${options.write}`);
