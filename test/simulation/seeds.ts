import { partsWith } from './planted.js';
import { Simulation } from './simulation.js';

/** Seeds to be run, one after the other. */
export interface SeedRange {
  readonly from: number;
  readonly runs: number;
  /** A planted bug; the runs end with the first seed that finds it. */
  readonly bug?: string;
  readonly crowd?: number;
}

export interface SeedFailure {
  readonly seed: number;
  /** What is wrong, with the first key that differs. */
  readonly message: string;
  readonly trace: readonly string[];
}

export interface SeedsDone {
  readonly runs: number;
  readonly failure: SeedFailure | undefined;
  /** How often each fault fired. */
  readonly fired: ReadonlyMap<string, number>;
  readonly virtualMs: number;
}

/** Runs seeds up to the first that fails. */
export const runSeeds = async ({ from, runs, bug, crowd }: SeedRange): Promise<SeedsDone> => {
  const fired = new Map<string, number>();
  const parts = partsWith(bug);
  let virtualMs = 0;
  for (let seed = from; seed < from + runs; seed++) {
    const simulation = new Simulation(seed, { parts, crowd });
    const { time } = simulation;
    const message = await simulation.run().then(
      () => undefined,
      (error: Error) => (error.name === 'Error' ? error.message : String(error.stack)),
    );
    for (const [fault, times] of time.fired) fired.set(fault, (fired.get(fault) ?? 0) + times);
    virtualMs += time.nowMs;
    if (message === undefined) continue;
    const failure = { seed, message, trace: time.trace };
    return { runs: seed - from + 1, failure, fired, virtualMs };
  }
  return { runs, failure: undefined, fired, virtualMs };
};
