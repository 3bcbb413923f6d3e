import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { numbersFrom } from '../support/random-numbers.js';
import { seed } from '../support/seed.js';
import {
  copyScenario,
  finishScenario,
  prepareScenario,
  storeOf,
} from './support/fault-scenario.js';
import { storeDifferences } from './support/store-difference.js';
import type { Ending } from './support/overage-process.js';

/**
 * What a power loss leaves of a commit that was not acknowledged: the end of the write-ahead log
 * is missing, zero, or anything. The process dies right after a commit, before anybody is told of
 * it, and what that commit wrote to the log is damaged from a random byte on. The next process is
 * killed too, so that what was written behind the damage has to be read once more.
 */
const root = mkdtempSync(join(tmpdir(), 'overage-power-'));
const prepared = join(root, 'prepared');
const straight = join(root, 'straight');
const next = numbersFrom(seed);
const repaired = new Set<Damage>();
let commits = 0;

const damages = [
  'cut',
  'zeros',
  'garbage',
  'garbage behind the end',
  'zeros behind the end',
] as const;
type Damage = (typeof damages)[number];

const bytesOf = (damage: Damage, length: number): Buffer =>
  damage.startsWith('zeros')
    ? Buffer.alloc(length)
    : Buffer.from(Array.from({ length }, () => next(256)));

const damageWal = (wal: string, damage: Damage, [begun, ended]: Ending['walBytes']): void => {
  const isBehind = damage.endsWith('behind the end');
  // Not in the last few bytes alone: garbage there is no torn tail, and a person is asked.
  const from = isBehind ? ended : Math.min(begun + next(ended - begun), ended - 8);
  const file = openSync(wal, 'r+');
  try {
    if (damage === 'cut') ftruncateSync(file, from);
    else {
      const bytes = bytesOf(damage, isBehind ? 1 + next(5000) : ended - from);
      writeSync(file, bytes, 0, bytes.length, from);
    }
  } finally {
    closeSync(file);
  }
};

beforeAll(async () => {
  await prepareScenario(prepared);
  copyScenario(prepared, straight);
  const { lives } = await finishScenario(straight, []);
  commits = lives[0].counts['commit.committed'];
}, 120_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe(`the power fails (seed ${seed})`, () => {
  const cases = damages.flatMap((damage) => [0, 1, 2, 3].map((nth) => [damage, nth] as const));

  test.each(cases)(
    'in a commit, its log damaged by %s (%i): it opens by itself and ends the same',
    async (damage, nth) => {
      const dir = join(root, `${damage}-${nth}`.replaceAll(' ', '-'));
      copyScenario(prepared, dir);
      const wal = `${storeOf(dir)}.wal`;
      const crashAt = `commit.committed:${1 + next(commits - 4)}`;
      let isDamaged = false;
      const deaths = [{ crashAt }, { crashAt: 'commit.committed:2' }];
      const run = await finishScenario(dir, deaths, ({ walBytes: [begun, ended] }) => {
        // Folded into the file meanwhile: nothing of this commit is in the log.
        const isThere = ended > begun || damage.endsWith('behind the end');
        if (isDamaged || !isThere) return;
        damageWal(wal, damage, [begun, ended]);
        isDamaged = true;
      });
      expect(run.killedAt).toEqual(['commit.committed', 'commit.committed']);
      expect(isDamaged).toBe(true);
      expect(await storeDifferences(storeOf(straight), storeOf(dir))).toEqual([]);
      const copy = `${wal}.damaged-1`;
      expect(run.lives[1].output.includes(copy)).toBe(existsSync(copy));
      if (existsSync(copy)) repaired.add(damage);
      rmSync(dir, { recursive: true });
    },
    60_000,
  );

  // What looks as if it ended too early (a length beyond the end) DuckDB passes over by itself.
  test('a copy of what was cut is kept and told, for zeros and for garbage', () => {
    expect([...repaired]).toEqual(
      expect.arrayContaining(['zeros', 'garbage', 'zeros behind the end'] satisfies Damage[]),
    );
  });
});
