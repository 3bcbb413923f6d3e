import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { workloadAgreements } from '../src/generator/index.js';
import { postWorkloadAgreements } from './inputs.js';
import { importFile } from './network-import.js';
import { linesAFile, writeNetworkFile, type NetworkWorkload } from './network-workload.js';
import { newDataDir, Program, removeDirectory } from './program.js';

/** Records that each subscriber has in the month that is asked for, about. */
const recordsAMonth = 400;
const idleMs = 5000;

/** Milliseconds of each request, and how many a second there were. */
export interface Asked {
  readonly latencies: readonly number[];
  readonly perSecond: number;
}

export interface QueriesRun {
  readonly idle: Readonly<Record<Question, Asked>>;
  readonly importing: Readonly<Record<Question, Asked>>;
  /** Lines a second of the file that was imported meanwhile. */
  readonly importRates: Readonly<Record<Question, number>>;
}

export const questions = ['total', 'month', 'explain'] as const;
export type Question = (typeof questions)[number];

const paths: Readonly<Record<Question, string>> = {
  total: '/total-data-used',
  month: '',
  explain: '/explain?limit=500',
};

/** A total is asked by eight at once, what is longer by one. */
const askers: Readonly<Record<Question, number>> = { total: 8, month: 1, explain: 1 };

const ask = (agent: Agent, url: string): Promise<void> =>
  new Promise((answered, failed) => {
    const asked = request(url, { agent }, (response) => {
      response.resume();
      response.once('error', failed);
      response.once('end', () => {
        if (response.statusCode === 200) answered();
        else failed(new Error(`${url}: ${response.statusCode}`));
      });
    });
    asked.once('error', failed);
    asked.end();
  });

/** Asks one question of one agreement after the other until `isOver`. */
const askUntil = async (
  program: Program,
  { ids, question }: { readonly ids: readonly string[]; readonly question: Question },
  isOver: () => boolean,
): Promise<Asked> => {
  const agent = new Agent({ keepAlive: true, maxSockets: askers[question] });
  const latencies: number[] = [];
  let next = 0;
  const startMs = performance.now();
  const one = async (): Promise<void> => {
    while (!isOver()) {
      const id = ids[(next++ * 7919) % ids.length];
      const sinceMs = performance.now();
      await ask(agent, `${program.url}/api/data-records/${id}/2020/1${paths[question]}`);
      latencies.push(performance.now() - sinceMs);
    }
  };
  await Promise.all(Array.from({ length: askers[question] }, one));
  agent.destroy();
  const perSecond = (latencies.length / (performance.now() - startMs)) * 1000;
  return { latencies, perSecond };
};

const workloadOf = (millions: number): NetworkWorkload => ({
  subscribers: Math.round((millions * linesAFile) / recordsAMonth),
  ...{ delayedShare: 0, delayedByHours: 0, redeliveredShare: 0 },
});

/**
 * Asks for totals, months and explanations of a store of so many million records, about 400 a
 * subscriber: first while nothing else goes on, then while further files are imported.
 */
export const measureQueries = async (millions: number): Promise<QueriesRun> => {
  const workload = workloadOf(millions);
  const dataDir = await newDataDir();
  const program = await Program.start(dataDir);
  const ids = workloadAgreements({ subscribers: workload.subscribers }).map(({ id }) => id);
  let files = 0;
  /** Before anybody asks, as writing it would hold the askers up. */
  const writeNext = (): string => {
    const name = `network-${String(files).padStart(4, '0')}.csv`;
    writeNetworkFile(join(program.incomingDir, `tmp_${name}`), workload, files++);
    return name;
  };
  const rateOf = async (name: string): Promise<number> => {
    const sinceMs = performance.now();
    await importFile(program, name);
    return (linesAFile / (performance.now() - sinceMs)) * 1000;
  };
  const idle: Partial<Record<Question, Asked>> = {};
  const importing: Partial<Record<Question, Asked>> = {};
  const importRates: Partial<Record<Question, number>> = {};
  try {
    await program.answers('/health/ready');
    await postWorkloadAgreements(program, { subscribers: workload.subscribers });
    while (files < millions) await importFile(program, writeNext());
    for (const question of questions) {
      const endMs = performance.now() + idleMs;
      const of = { ids, question };
      idle[question] = await askUntil(program, of, () => performance.now() > endMs);
      const name = writeNext();
      let isDone = false;
      const imported = rateOf(name).finally(() => (isDone = true));
      importing[question] = await askUntil(program, of, () => isDone);
      importRates[question] = await imported;
    }
  } finally {
    await program.stop();
    await removeDirectory(dataDir);
  }
  return { idle, importing, importRates } as QueriesRun;
};
