/**
 * Measures the built program and writes bench/RESULTS.md. From the top of the tree:
 *   npm run bench [-- --runs=5 --records=1000000 --windows=1000000 --only=import,latency]
 * The workloads of a real network take up to an hour: --only=network [--millions=20]. What is asked
 * of so large a store: --only=queries [--millions=20].
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { measureAgreements } from './agreements.js';
import { measureImport, type ImportRun } from './import-throughput.js';
import { writeCdrFile } from './inputs.js';
import { machineLines } from './machine.js';
import { measureLatency } from './message-latency.js';
import { measureOpenWindows } from './open-windows.js';
import { measureNetwork } from './network-import.js';
import { newDataDir, removeDirectory } from './program.js';
import { measureQueries, questions } from './queries.js';
import { resultsPage, type Figure } from './results-page.js';
import { measureStart } from './start-time.js';
import { median, quantile } from './statistics.js';
import { measureTinyFiles } from './tiny-files.js';

const MB = 1_000_000;
const subscribers = 10_000;
const outOfOrderShare = 0.1;

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    records: { type: 'string', default: '1000000' },
    windows: { type: 'string', default: '1000000' },
    millions: { type: 'string', default: '20' },
    only: { type: 'string', default: 'import,latency,windows,start,agreements,files' },
    write: { type: 'string', default: 'bench/RESULTS.md' },
  },
});
const runs = Number(options.runs);
const figures: Figure[] = [];

const times = async <T>(count: number, measure: (run: number) => Promise<T>): Promise<T[]> => {
  const results: T[] = [];
  for (let run = 0; run < count; run++) results.push(await measure(run));
  return results;
};

const add = (all: readonly number[], figure: Omit<Figure, 'all' | 'median'>): void => {
  figures.push({ ...figure, all, median: median(all) });
  console.log(`${figure.name}: ${all.map((value) => value.toFixed(figure.digits)).join(' ')}`);
};

const baseline = async (file: string): Promise<number> => {
  const directory = await newDataDir();
  try {
    const script = join(dirname(fileURLToPath(import.meta.url)), 'baseline.js');
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...[script, file, join(directory, 'baseline.duckdb')],
    ]);
    const { rows, seconds } = JSON.parse(stdout) as { rows: number; seconds: number };
    return rows / seconds;
  } finally {
    await removeDirectory(directory);
  }
};

const imports = async (): Promise<void> => {
  const directory = await newDataDir();
  const records = Number(options.records);
  const inOrder = { subscribers, records, daysStep: 1 / 24 };
  const unit = 'records/s';
  try {
    for (const share of [0, outOfOrderShare]) {
      const workload = { ...inOrder, outOfOrderShare: share };
      const file = join(directory, `workload-${share}.csv`);
      writeCdrFile(file, workload);
      const baselines: number[] = [];
      const measured: ImportRun[] = [];
      await times(runs, async () => {
        baselines.push(await baseline(file));
        measured.push(await measureImport(file, workload));
      });
      const how = share === 0 ? 'in order' : '10 % out of order';
      const target = { kind: '≥', value: share === 0 ? 150_000 : 75_000 } as const;
      const rates = measured.map(({ recordsPerSecond }) => recordsPerSecond);
      add(rates, { name: `Import, ${how}`, unit, target });
      add(baselines, { name: `Baseline, ${how}`, unit });
      const memory = measured.map(({ mostMemoryBytes = NaN }) => mostMemoryBytes / MB);
      add(memory, { name: `Most memory of the import, ${how}`, unit: 'MB' });
    }
  } finally {
    await removeDirectory(directory);
  }
};

const latency = async (): Promise<void> => {
  const measured = await times(runs, () => measureLatency(100));
  const unit = 'ms';
  const p50 = measured.map((all) => quantile(all, 0.5));
  const p99 = measured.map((all) => quantile(all, 0.99));
  add(p50, { name: 'One record until its message, p50', unit, digits: 1 });
  const target = { kind: '≤', value: 100 } as const;
  add(p99, { name: 'One record until its message, p99', unit, digits: 1, target });
};

const windows = async (): Promise<void> => {
  const count = Number(options.windows);
  const run = await measureOpenWindows(count, runs);
  const millions = `${count.toLocaleString('en-US')} open windows`;
  add([(run.residentBytes ?? NaN) / MB], {
    ...{ name: `Memory with ${millions}`, unit: 'MB' },
    target: { kind: '≤', value: 500 },
  });
  add([(run.mostResidentBytes ?? NaN) / MB], { name: 'Most memory while they came', unit: 'MB' });
  add([run.windowTableBytes / count], {
    ...{ name: 'State of a window', unit: 'bytes', digits: 1 },
    target: { kind: '≤', value: 110 },
  });
  add([run.snapshotBytes / count], {
    ...{ name: 'Snapshot of a window with its agreement', unit: 'bytes', digits: 1 },
  });
  add(run.readyMs, {
    ...{ name: `Restart until ready, ${millions}`, unit: 'ms' },
    target: { kind: '≤', value: 2000 },
  });
};

const starts = async (): Promise<void> => {
  const target = { kind: '≤', value: 2000 } as const;
  add(await times(runs, measureStart), { name: 'Start until it answers', unit: 'ms', target });
};

const agreements = async (): Promise<void> => {
  const measured = await times(runs, () => measureAgreements(1_000_000));
  const what = 'A million agreements posted';
  add(
    measured.map(({ seconds }) => seconds),
    { name: what, unit: 's', digits: 1, target: { kind: '≤', value: 8 } },
  );
  add(
    measured.map(({ residentBytes }) => residentBytes / MB),
    { name: `${what}: memory behind`, unit: 'MB' },
  );
  add(
    measured.map(({ mostResidentBytes, residentBytes }) => mostResidentBytes / residentBytes),
    {
      ...{ name: `${what}: most memory of that`, unit: '×', digits: 2 },
      target: { kind: '≤', value: 1.5 },
    },
  );
};

const tinyFiles = async (): Promise<void> => {
  add(await times(runs, () => measureTinyFiles(20_000)), {
    ...{ name: '20,000 files of a line', unit: 's', digits: 1 },
    target: { kind: '≤', value: 30 },
  });
};

/** Each against in order of the same run, and its last against its second million. */
const network = async (): Promise<void> => {
  const inOrder = { delayedShare: 0, delayedByHours: 0, redeliveredShare: 0 };
  const kinds = [
    { name: 'in order', ...inOrder },
    { name: '10 % up to 12 h late', ...inOrder, delayedShare: 0.1, delayedByHours: 12 },
    { name: '10 % up to 48 h late', ...inOrder, delayedShare: 0.1, delayedByHours: 48 },
    { name: '20 % of files again', ...inOrder, redeliveredShare: 0.2 },
  ];
  for (const count of [10_000, 1_000_000]) {
    let reference = NaN;
    for (const { name, ...workload } of kinds) {
      const run = await measureNetwork(
        { subscribers: count, ...workload },
        Number(options.millions),
      );
      if (workload.delayedShare + workload.redeliveredShare === 0) reference = run.rate;
      const what = `Network of ${count.toLocaleString('en-US')}, ${name}`;
      add([run.rate], { name: what, unit: 'lines/s' });
      const ratio = { unit: '×', digits: 2 };
      add([run.rate / reference], {
        ...{ name: `${what}: of in order`, ...ratio, target: { kind: '≥', value: 0.6 } },
      });
      const fresh = run.rates.filter((_, at) => !run.redelivered[at]).slice(1);
      add([median(fresh.slice(-3)) / fresh[0]], {
        ...{ name: `${what}: last of second million`, ...ratio },
        target: { kind: '≥', value: 0.9 },
      });
      const memory = (run.mostMemoryBytes ?? NaN) / MB;
      add([memory], { name: `${what}: most memory`, unit: 'MB' });
    }
  }
};

/** Asked first with nothing else to do, then while a million lines come in. */
const queries = async (): Promise<void> => {
  const run = await measureQueries(Number(options.millions));
  const names = { total: 'Total', month: 'Month of 400 records', explain: 'Explanation of it' };
  const targets = { total: 10, month: 30, explain: 60 };
  for (const question of questions) {
    for (const [when, asked] of [
      ['', run.idle[question]],
      [' while importing', run.importing[question]],
    ] as const) {
      const name = `${names[question]}${when}`;
      for (const q of [0.5, 0.99]) {
        const isTarget = q === 0.99 && (question === 'total') === (when !== '');
        add([quantile(asked.latencies, q)], {
          ...{ name: `${name}, p${q * 100}`, unit: 'ms', digits: 1 },
          ...(isTarget && { target: { kind: '≤', value: targets[question] } as const }),
        });
      }
      const isTarget = question === 'total' && when !== '';
      add([asked.perSecond], {
        ...{ name: `${name}, answers`, unit: 'a second' },
        ...(isTarget && { target: { kind: '≥', value: 3000 } as const }),
      });
    }
    add([run.importRates[question]], {
      ...{ name: `Import meanwhile (${question})`, unit: 'lines/s' },
    });
  }
};

const parts: Readonly<Record<string, () => Promise<void>>> = {
  import: imports,
  latency,
  windows,
  start: starts,
  agreements,
  files: tinyFiles,
  network,
  queries,
};

for (const part of options.only.split(',')) await parts[part]();
const notes = `- **Import**: from the rename of a CDR file until its book is \`done\`: rows,
  totals and messages are durable. Agreements are there already.
- **Baseline**: bench/baseline.ts on the same file, right before each import: lines split, a Map
  added up, rows appended value by value to DuckDB, committed every 8,192 rows. It does not
  deduplicate, match, wait, close, keep a log or survive a crash.
- **One record**: from the rename of a file of one record until the message it causes is answered
  by the long poll, 100 files one after the other.
- **Network**: files of a million lines, 15 million in twelve hours of event time however many
  subscribers; each file from its rename until it is \`done\`.
- **Total, month, explanation**: asked over HTTP of a store of so many million records (--millions),
  about 400 a subscriber and month; totals by eight at once, the others by one.
- **A million agreements**: NDJSON, 20,000 a request, one behind the other; memory five
  seconds later.
- **20,000 files**: from the first rename until the last one is in done/.
- **Open windows**: one window each for a million agreements. Memory is that of the idle process
  after a restart; the most while they came has the requests in it that brought a million
  agreements. State is the columns and the index of the windows, with room for more.`;

const page = resultsPage({
  day: new Date().toISOString().slice(0, 10),
  script: 'npm run bench',
  command: ['npm run bench', ...process.argv.slice(2)].join(' '),
  machine: machineLines(),
  runs,
  figures,
  notes,
});
await writeFile(options.write, page);
console.log(`written: ${options.write}`);
