import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crashPoints } from '../../src/streaming/index.js';
import { oracleOf } from '../support/oracle.js';
import {
  asStoredMessage,
  expectedOutcome,
  expectSameOutcome,
  storedOutcome,
} from '../support/outcome.js';
import { numbersFrom } from '../support/random-numbers.js';
import { seed } from '../support/seed.js';
import { readStore } from '../support/store-contents.js';
import {
  copyScenario,
  finishScenario,
  prepareScenario,
  storeOf,
  type Death,
  type FinishedRun,
} from './support/fault-scenario.js';
import { storeDifferences } from './support/store-difference.js';

const root = mkdtempSync(join(tmpdir(), 'overage-faults-'));
const prepared = join(root, 'prepared');
const straight = join(root, 'straight');
let counts: Readonly<Record<string, number>> = {};
let runs = 0;

const runWith = async (deaths: readonly Death[]): Promise<{ run: FinishedRun; dir: string }> => {
  const dir = join(root, `run-${++runs}`);
  copyScenario(prepared, dir);
  return { run: await finishScenario(dir, deaths), dir };
};

const expectSameAsStraight = async (dir: string): Promise<void> => {
  expect(await storeDifferences(storeOf(straight), storeOf(dir))).toEqual([]);
  rmSync(dir, { recursive: true });
};

beforeAll(async () => {
  await prepareScenario(prepared);
  copyScenario(prepared, straight);
  const { lives } = await finishScenario(straight, []);
  ({ counts } = lives[0]);
}, 120_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe(`the process is killed (seed ${seed})`, () => {
  test('the run without crashes is what the oracle makes of its log', async () => {
    const store = await readStore(storeOf(straight));
    const expected = expectedOutcome(oracleOf(store.log), store.unreadableLines);
    expectSameOutcome(storedOutcome(store), expected);
  }, 120_000);

  test('the run without crashes has everything in it that can be lost or doubled', async () => {
    const store = await readStore(storeOf(straight));
    const types = new Set(store.messages.map((message) => asStoredMessage(message).type));
    expect([...types].sort()).toEqual([
      ...['BILLING_PERIOD_ADJUSTED', 'BILLING_PERIOD_CLOSED', 'DATA_PLAN_EXCEEDED'],
    ]);
    const statuses = new Set(store.rows.map(({ status }) => status));
    expect([...statuses].sort()).toEqual(['counted', 'late', 'waiting']);
    const books = [...store.booksByFile.values()];
    expect(books.every(({ duplicate, rejected }) => duplicate > 0 && rejected > 0)).toBe(true);
  }, 120_000);

  test('every crash point is passed at least three times in it', () => {
    expect(crashPoints.filter((point) => !((counts[point] ?? 0) >= 3))).toEqual([]);
  });

  const moments = crashPoints.flatMap((point) =>
    (['first', 'second', 'last'] as const).map((which) => [point, which] as const),
  );

  test.each(moments)(
    'at %s for the %s time: rows, messages and books are the same',
    async (point, which) => {
      let last = counts[point];
      // How often a point is passed may differ by a few from run to run: then the last is retried.
      for (let tries = 0; tries < 3; tries++) {
        const nth = which === 'first' ? 1 : which === 'second' ? 2 : last;
        const { run, dir } = await runWith([{ crashAt: `${point}:${nth}` }]);
        await expectSameAsStraight(dir);
        if (run.killedAt.length > 0) {
          expect(run.killedAt).toEqual([point]);
          return;
        }
        last = run.lives[0].counts[point];
      }
      throw new Error(`the fault at ${point} did not fire`);
    },
    60_000,
  );

  const next = numbersFrom(seed);
  const randomDeaths = Array.from({ length: 8 }, () => [
    { crashAt: `any:${1 + next(40)}` },
    { crashAt: `any:${1 + next(20)}` },
  ]);

  test.each(randomDeaths)(
    'at the moments %j and %j: rows, messages and books are the same',
    async (...deaths) => {
      const { run, dir } = await runWith(deaths);
      await expectSameAsStraight(dir);
      expect(run.killedAt).toHaveLength(deaths.length);
    },
    60_000,
  );

  const randomTimes = Array.from({ length: 6 }, () => [400 + next(1200), 400 + next(1200)]);

  test.each(randomTimes)(
    'from outside after %i ms and after %i ms: rows, messages and books are the same',
    async (...times) => {
      const { run, dir } = await runWith(times.map((killAfterMs) => ({ killAfterMs })));
      await expectSameAsStraight(dir);
      expect(run.lives[0].signal).toBe('SIGKILL');
    },
    60_000,
  );
});
