import { setTimeout as sleep } from 'node:timers/promises';
import { readySlots, type Fault, type LaneName, type Stage } from './faults.js';
import { Random } from './random.js';

/** What became of a fault: when it was begun, and whether it happened. */
export interface DoneFault {
  readonly name: string;
  readonly atMs: number;
  readonly tookMs: number;
  readonly happened: boolean;
  readonly error?: string;
}

const lanes: readonly LaneName[] = ['processes', 'servers', 'wires'];

/** How often a fault is tried until it hits something. */
const mostTries = 4;

const runLane = async (
  faults: readonly Fault[],
  stage: Stage,
  { random, beganMs, tell }: { random: Random; beganMs: number; tell: (line: string) => void },
): Promise<DoneFault[]> => {
  const done: DoneFault[] = [];
  const queue = faults.map((fault) => ({ fault, triesLeft: mostTries }));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { fault, triesLeft } = next;
    await sleep(random.between(300, 2000));
    // What never recovers between two faults proves nothing about either.
    await readySlots(stage);
    stage.feeder.dropNext();
    const one = await doOne(fault, stage, beganMs);
    tell(`${(one.atMs / 1000).toFixed(1)} s, ${one.tookMs} ms: ${one.name}${wordOf(one)}`);
    // It met nobody, as another fault of its time had seen to that: later it will.
    if (!one.happened && triesLeft > 1) queue.push({ fault, triesLeft: triesLeft - 1 });
    else done.push(one);
  }
  return done;
};

const wordOf = ({ happened, error }: DoneFault): string =>
  happened ? '' : ` met nobody ${error ?? ''}`;

const doOne = async (fault: Fault, stage: Stage, beganMs: number): Promise<DoneFault> => {
  const atMs = Date.now() - beganMs;
  let error: string | undefined;
  const happened = await fault.happen(stage).catch((reason: unknown) => {
    error = String(reason);
    return false;
  });
  const tookMs = Date.now() - beganMs - atMs;
  return { name: fault.name, atMs, tookMs, happened, ...(error && { error }) };
};

/** Lets the faults of each lane happen one after the other, the lanes side by side. */
export const runFaults = async (
  faults: readonly Fault[],
  stage: Stage,
  { seed, tell }: { seed: number; tell: (line: string) => void },
): Promise<DoneFault[]> => {
  const beganMs = Date.now();
  const done = await Promise.all(
    lanes.map((lane, at) =>
      runLane(
        faults.filter((fault) => fault.lane === lane),
        stage,
        { random: new Random(seed + at), beganMs, tell },
      ),
    ),
  );
  return done.flat().sort((a, b) => a.atMs - b.atMs);
};
