import { runInThreads } from './seed-threads.js';
import type { SeedFailure, SeedRange, SeedsDone } from './seeds.js';
import { plantedBugs } from './planted.js';
import { positionWithinEvent } from './sim-kafka.js';
import { Simulation } from './simulation.js';

/** `SIM_SEED=<first>` and `SIM_RUNS=<how many>` repeat a run or search for longer. */
const firstSeed = Number(process.env.SIM_SEED ?? 1);
const runs = Number(process.env.SIM_RUNS ?? 2000);
const seedsARange = 50;
const mostMs = 60_000 * Math.max(20, runs / 100);

const rangesOf = (count: number, over: Partial<SeedRange> = {}): SeedRange[] =>
  Array.from({ length: Math.ceil(count / seedsARange) }, (_, index) => {
    const done = index * seedsARange;
    return { from: firstSeed + done, runs: Math.min(seedsARange, count - done), ...over };
  });

const shownLines = 60;

/** The end of the trace, what is wrong, and how to see it again. */
const told = ({ seed, message, trace }: SeedFailure): string => {
  const lines = process.env.SIM_RUNS === '1' ? trace : trace.slice(-shownLines);
  const again = `SIM_SEED=${seed} SIM_RUNS=1 npx jest test/simulation`;
  return `${lines.join('\n')}\nseed ${seed}: ${message}\nagain, with the whole trace: ${again}`;
};

const expectNoFailure = (done: readonly SeedsDone[]): void => {
  const failed = done.find(({ failure }) => failure !== undefined);
  if (failed?.failure !== undefined) throw new Error(told(failed.failure));
};

/** The faults that have to fire, or the runs prove nothing. */
const faults = [
  ...['request lost', 'answer lost', 'request slow', 'slow markers', 'transaction timed out'],
  ...['worker started', 'worker stopped', 'worker killed', 'pause', 'session timed out'],
  ...['rebalance', 'importer killed', 'second importer', 'kafka away', 'cassandra away'],
  'snapshot lost',
];

const firedIn = (done: readonly SeedsDone[], fault: string): number =>
  done.reduce((sum, { fired }) => sum + (fired.get(fault) ?? 0), 0);

describe(`the cluster, simulated (seeds from ${firstSeed} on)`, () => {
  test('a seed tells the whole run: twice the same trace', async () => {
    const hashes = async (seed: number): Promise<[string, number]> => {
      const simulation = new Simulation(seed);
      await simulation.run();
      return [simulation.time.hash(), simulation.time.trace.length];
    };
    for (const seed of [firstSeed, firstSeed + 1, firstSeed + 2]) {
      expect(await hashes(seed)).toEqual(await hashes(seed));
    }
    expect(await hashes(firstSeed)).not.toEqual(await hashes(firstSeed + 1));
  });

  test(
    'counts each line once, sends each message once, and ends in time, whatever fails',
    async () => {
      const done = await runInThreads(rangesOf(runs));
      expectNoFailure(done);
      if (runs < 300) return;
      expect(faults.filter((fault) => firedIn(done, fault) === 0)).toEqual([]);
    },
    mostMs,
  );

  test(
    'the same when a thousand periods end with one event',
    async () => {
      const crowd = { crowd: 1100 };
      const done = await runInThreads(rangesOf(Math.min(runs, 16), crowd));
      expectNoFailure(done);
      if (runs >= 16) expect(firedIn(done, positionWithinEvent)).toBeGreaterThan(0);
    },
    mostMs,
  );
});

const mostSeedsToFind = 1000;

test(
  'each planted bug is found',
  async () => {
    const done = await runInThreads(
      plantedBugs.map((bug) => ({ from: firstSeed, runs: mostSeedsToFind, bug })),
    );
    expect(plantedBugs.filter((_, index) => done[index].failure === undefined)).toEqual([]);
  },
  mostMs,
);
