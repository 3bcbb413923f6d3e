import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { results } from './places.mjs';

const summaryFile = join(results, 'summary.txt');

/**
 * One suite's outcome: {name, passed, failed, skipped}, where `skipped` names what did not run.
 * A static check counts as one test.
 */
export const saveResult = (result) => {
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, `${result.name}.json`), JSON.stringify(result));
};

/** Keeps the line that sums up a run, for .ci/run. */
export const saveSummary = (line) => {
  mkdirSync(results, { recursive: true });
  writeFileSync(summaryFile, `${line}\n`);
};

/** Forgets the outcome of an earlier run, so that a suite that breaks off is not taken for it. */
export const forgetResults = (names) => {
  rmSync(summaryFile, { force: true });
  for (const name of names) rmSync(join(results, `${name}.json`), { force: true });
};

/** The outcomes of these suites; one that left none broke off and counts as failed. */
export const loadResults = (names) =>
  names.map((name) => {
    try {
      return JSON.parse(readFileSync(join(results, `${name}.json`), 'utf8'));
    } catch {
      return { name, passed: 0, failed: 1, skipped: [] };
    }
  });

/** A report of `jest --json` as one outcome; `broke` when jest ended badly on its own. */
export const outcomeOfJest = (name, report, broke) => {
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const skipped = tests
    .filter(({ status }) => ['pending', 'skipped', 'todo', 'disabled'].includes(status))
    .map(({ fullName }) => fullName);
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return {
    name,
    passed: report.numPassedTests,
    failed: failed === 0 && broke ? 1 : failed,
    skipped,
  };
};

/** Names and counts what was skipped; the last line is always `N passed, N failed`. */
export const summaryLines = (outcomes) => {
  const sum = (field) => outcomes.reduce((total, outcome) => total + outcome[field], 0);
  const skipped = outcomes.flatMap(({ name, skipped: tests }) =>
    tests.map((test) => `SKIPPED (${name}): ${test}`),
  );
  const counted = skipped.length > 0 ? [`${skipped.length} skipped`] : [];
  return [...skipped, ...counted, `${sum('passed')} passed, ${sum('failed')} failed`];
};
