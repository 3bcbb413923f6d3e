import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startNode } from './child.mjs';
import { results, root } from './places.mjs';
import {
  forgetResults,
  loadResults,
  outcomeOfJest,
  saveResult,
  saveSummary,
  summaryLines,
} from './results.mjs';

/** The file a package's command starts, as its package.json says. */
const commandOf = (name, command = name) => {
  const folder = join(root, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
};

const cached = join(root, 'node_modules/.cache');

/** The static checks; each counts as one test. */
const staticChecks = [
  { name: 'format', args: () => [commandOf('prettier'), '--check', '--log-level=warn', '.'] },
  {
    name: 'lint',
    args: () => [
      commandOf('eslint'),
      '--cache',
      '--cache-location',
      join(cached, 'eslint/'),
      '--max-warnings=0',
      '.',
    ],
  },
  { name: 'types', args: () => [commandOf('typescript', 'tsc'), '--noEmit', '-p', root] },
  {
    name: 'imports',
    args: () => [
      commandOf('dependency-cruiser', 'depcruise'),
      '--config=.dependency-cruiser.cjs',
      ...['src', 'test', 'bench', 'scripts'],
    ],
  },
];

const fastNames = [...staticChecks.map(({ name }) => name), 'fast'];
const slowNames = ['slow', 'cluster'];

const runStatic = async ({ name, args }) => {
  const { code, output } = await startNode(args(), { capture: true }).ended;
  saveResult({ name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [] });
  console.error(code === 0 ? `ok      ${name}` : `FAILED  ${name}\n${output}`);
};

/**
 * Runs one of jest's projects, shown as it goes; what it counted is read from its report. A project
 * that runs several times is counted under a name each.
 */
const runJest = async (project, options = [], name = project) => {
  const reportPath = join(results, `jest-${name}.report`);
  const args = [commandOf('jest'), '--selectProjects', project, '--passWithNoTests', ...options];
  mkdirSync(results, { recursive: true });
  rmSync(reportPath, { force: true });
  const { code } = await startNode([...args, '--json', '--outputFile', reportPath]).ended;
  try {
    const report = JSON.parse(readFileSync(reportPath, 'utf8'));
    saveResult(outcomeOfJest(name, report, code !== 0));
  } catch (error) {
    console.error(`jest left no report of ${name}: ${error.message}`);
    saveResult({ name, passed: 0, failed: 1, skipped: [] });
  }
};

const finish = (names) => {
  const outcomes = loadResults(names);
  const lines = summaryLines(outcomes);
  for (const line of lines) console.log(line);
  saveSummary(lines.at(-1));
  return outcomes.some(({ failed }) => failed > 0) ? 1 : 0;
};

const runChecks = async () => {
  forgetResults([...fastNames, ...slowNames]);
  await Promise.all(staticChecks.map(runStatic));
  await runJest('fast');
};

/** Everything that needs no built program, no browser and no other process. */
export const check = async () => {
  await runChecks();
  return finish(fastNames);
};

/**
 * Everything. With arguments: jest alone with these, such as a path. With CHECKED set, what
 * `npm run check` did just before is taken from its results and not done again.
 */
export const test = async (args, build) => {
  if (args.length > 0) {
    await build();
    return (await startNode([commandOf('jest'), ...args]).ended).code;
  }
  if (process.env.CHECKED === undefined) await runChecks();
  else console.error('CHECKED is set: the results of `npm run check` are taken, not repeated.');
  forgetResults(slowNames);
  if (await build()) {
    await runJest('slow');
    await runJest('cluster', clusterOptions);
  }
  return finish([...fastNames, ...slowNames]);
};

/**
 * Node 20 can spin for ever while it closes handles after the last test, when the results are
 * written already; to force the exit passes that over.
 */
const clusterOptions = ['--forceExit'];

/** What needs Kafka and Cassandra; the specs start them on their own, or say they are skipped. */
export const testCluster = async (build) => {
  forgetResults(['cluster']);
  if (await build()) await runJest('cluster', clusterOptions);
  return finish(['cluster']);
};

/** All that a run wrote is checked at once, in memory: 800,000 lines take more than 4 GB. */
const mostFaultMinutes = 12;

/** The runs of so many minutes of faults, each with new servers, a seed and results of its own. */
const faultRuns = () => {
  const minutes = Number(process.env.FAULT_MINUTES || 30);
  const count = Math.max(1, Math.ceil(minutes / mostFaultMinutes));
  const seed = Number(process.env.FAULT_SEED || Date.now() % 1_000_000_000);
  return Array.from({ length: count }, (_, run) => ({
    name: `faults-${run + 1}`,
    env: { FAULT_MINUTES: String(minutes / count), FAULT_SEED: String(seed + run) },
  }));
};

const runFaults = async (runs) => {
  // these runs kill their own servers; without this the project would start a shared pair too
  process.env.OVERAGE_TEST_KAFKA_PORT ||= '0';
  const options = [...clusterOptions, '--testPathPatterns', 'test/cluster/faults.spec.ts'];
  for (const { name, env } of runs) {
    Object.assign(process.env, env);
    await runJest('cluster', options, name);
  }
};

const namesOf = (runs) => runs.map(({ name }) => name);

/** Half an hour of faults on the cluster; FAULT_MINUTES and FAULT_SEED say how long, and which. */
export const testFaults = async (build) => {
  const runs = faultRuns();
  forgetResults(namesOf(runs));
  if (await build()) await runFaults(runs);
  return finish(namesOf(runs));
};

/** Hours: the long runs of test/nightly one after the other, then the faults on the cluster. */
export const testNightly = async (build) => {
  const runs = faultRuns();
  const names = ['nightly', ...namesOf(runs)];
  forgetResults(names);
  if (await build()) {
    await runJest('nightly', ['--runInBand']);
    await runFaults(runs);
  }
  return finish(names);
};
