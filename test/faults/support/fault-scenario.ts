import { closeSync, cpSync, existsSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  plainWorkload,
  workloadAgreements,
  writeWorkload,
  type WorkloadOptions,
} from '../../../src/generator/index.js';
import { agreementToJson } from '../../../src/agreements/index.js';
import { builtMain, OverageProcess, type Ending } from './overage-process.js';

/**
 * A run with several files of two feeds: in order and not, late, repeated and unreadable lines,
 * and subscribers whose agreements come only when all files are done.
 */
const dayMs = 86_400_000;
const subscribers = 100;
const lateComers = 8;

const common: Partial<WorkloadOptions> = {
  subscribers,
  outOfOrderShare: 0.1,
  lateShare: 0.01,
  duplicateShare: 0.02,
  malformedShare: 0.01,
  daysStep: 0.4,
  maxRecordedBytes: 200 * 1024 ** 2,
};

const files: readonly { folder: string; name: string; options: Partial<WorkloadOptions> }[] = [
  { folder: '', name: 'a.csv', options: { ...common, seed: 11, records: 18_000 } },
  { folder: 'roaming', name: 'b.csv', options: { ...common, seed: 12, records: 9000 } },
  {
    folder: '',
    name: 'c.csv',
    options: {
      ...{ ...common, seed: 13, records: 9000 },
      startMs: plainWorkload.startMs + 72 * dayMs,
    },
  },
];

/** Small batches and many snapshots, so that every crash point is passed several times. */
const env = {
  BATCH_EVENTS: '4096',
  SNAPSHOT_EVERY_EVENTS: '9000',
  LOG_LEVEL: 'warn',
  // all files are there at once: how long one was quiet before it was copied decides no order
  IMPORT_QUIET_PERIOD: 'PT0S',
};

export const storeOf = (dataDir: string): string => join(dataDir, 'overage.duckdb');

const agreementsBody = (from: number, to: number): string =>
  workloadAgreements(common)
    .slice(from, to)
    .map((agreement) => JSON.stringify(agreementToJson(agreement)))
    .join('\n');

const postAgreements = (program: OverageProcess, body: string): Promise<boolean> =>
  program.post('/api/agreements', body, 'application/x-ndjson');

const writeFile = (path: string, options: Partial<WorkloadOptions>): void => {
  const file = openSync(path, 'w');
  writeWorkload(options, (chunk) => writeSync(file, chunk));
  closeSync(file);
};

/** A data directory with agreements, and files that wait to be imported. */
export const prepareScenario = async (dataDir: string): Promise<void> => {
  if (!existsSync(builtMain)) throw new Error(`${builtMain} is not there: run npm run build`);
  const program = await OverageProcess.start({ dataDir, env });
  await program.ready();
  const early = agreementsBody(0, subscribers - lateComers);
  if (!(await postAgreements(program, early))) throw new Error('the agreements were refused');
  const { code, output } = await program.stop();
  if (code !== 0) throw new Error(`ended with ${code}:\n${output}`);
  for (const { folder, name, options } of files) {
    const directory = join(dataDir, 'incoming-data-records', folder);
    mkdirSync(directory, { recursive: true });
    writeFile(join(directory, name), options);
  }
};

export const copyScenario = (from: string, to: string): void =>
  cpSync(from, to, { recursive: true, preserveTimestamps: true });

const allDone = async (program: OverageProcess): Promise<boolean> => {
  const page = await program.get<{ items: { state: string }[] }>('/api/import-files?limit=100');
  const items = page?.items ?? [];
  if (items.some(({ state }) => state === 'failed')) throw new Error(JSON.stringify(items));
  return items.length === files.length && items.every(({ state }) => state === 'done');
};

export interface FinishedRun {
  /** The points at which processes died, in turn. */
  readonly killedAt: readonly string[];
  readonly lives: readonly Ending[];
}

/** How a life is to end: by itself at a crash point, or killed from outside after a while. */
export type Death = { readonly crashAt: string } | { readonly killAfterMs: number };

const liveOnce = async (
  dataDir: string,
  death: Death | undefined,
  releasedBefore: boolean,
): Promise<{ ending: Ending; released: boolean }> => {
  const crashAt = death !== undefined && 'crashAt' in death ? death.crashAt : undefined;
  const wal = `${storeOf(dataDir)}.wal`;
  const program = await OverageProcess.start({ dataDir, env, crashAt, wal });
  if (death !== undefined && 'killAfterMs' in death) program.killAfter(death.killAfterMs);
  let released = releasedBefore;
  if ((await program.until(() => allDone(program))) && !released) {
    released = await postAgreements(program, agreementsBody(subscribers - lateComers, subscribers));
  }
  return { ending: await program.stop(), released };
};

/**
 * Starts the program until all is done, letting it die as told; throws when it ends otherwise.
 * `afterDeath` may do to the files what a fault of the machine does.
 */
export const finishScenario = async (
  dataDir: string,
  deaths: readonly Death[],
  afterDeath: (ending: Ending) => void = () => undefined,
): Promise<FinishedRun> => {
  const lives: Ending[] = [];
  let released = false;
  for (let life = 0; ; life++) {
    const { ending, ...after } = await liveOnce(dataDir, deaths[life], released);
    released = after.released;
    lives.push(ending);
    if (ending.signal === 'SIGKILL' && life < deaths.length) {
      afterDeath(ending);
      continue;
    }
    if (ending.code !== 0) throw new Error(`ended with ${ending.code}:\n${ending.output}`);
    if (!released) throw new Error(`the last agreements were refused:\n${ending.output}`);
    const killedAt = lives.flatMap((one) => (one.killedAt === undefined ? [] : [one.killedAt]));
    return { killedAt, lives };
  }
};
