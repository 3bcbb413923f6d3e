import { join } from 'node:path';
import { root } from './sources.js';

interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

interface Counting {
  outcomeOfJest(name: string, report: unknown, broke: boolean): Outcome;
  summaryLines(outcomes: readonly Outcome[]): string[];
}

const { outcomeOfJest, summaryLines } = jest.requireActual<Counting>(
  join(root, 'scripts/launcher/results.mjs'),
);

const report = (counts: object, statuses: readonly string[] = []): object => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [
    { assertionResults: statuses.map((status, i) => ({ status, fullName: `test ${i}` })) },
  ],
  ...counts,
});

test('the last line sums all suites up', () => {
  const lines = summaryLines([
    { name: 'lint', passed: 1, failed: 0, skipped: [] },
    { name: 'fast', passed: 40, failed: 2, skipped: [] },
  ]);
  expect(lines).toEqual(['41 passed, 2 failed']);
});

test('a skipped test is named and counted before the line that closes', () => {
  const outcome = outcomeOfJest(
    'slow',
    report({ numPassedTests: 1 }, ['passed', 'pending']),
    false,
  );
  expect(summaryLines([outcome])).toEqual([
    'SKIPPED (slow): test 1',
    '1 skipped',
    '1 passed, 0 failed',
  ]);
});

test('a spec that cannot be loaded counts as failed', () => {
  expect(outcomeOfJest('fast', report({ numRuntimeErrorTestSuites: 1 }), true).failed).toBe(1);
});

test('a run that ends badly although no test failed counts as failed', () => {
  expect(outcomeOfJest('fast', report({ numPassedTests: 3 }), true).failed).toBe(1);
});
