import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, LaneName, Stage } from './faults.js';
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

const runLane = async (
  faults: readonly Fault[],
  stage: Stage,
  { random, beganMs, tell }: { random: Random; beganMs: number; tell: (line: string) => void },
): Promise<DoneFault[]> => {
  const done: DoneFault[] = [];
  for (const { name, happen } of faults) {
    await sleep(random.between(300, 2000));
    stage.feeder.dropNext();
    const atMs = Date.now() - beganMs;
    let error: string | undefined;
    const happened = await happen(stage).catch((reason: unknown) => {
      error = String(reason);
      return false;
    });
    const tookMs = Date.now() - beganMs - atMs;
    done.push({ name, atMs, tookMs, happened, ...(error && { error }) });
    tell(
      `${(atMs / 1000).toFixed(1)} s: ${name}${happened ? '' : ' DID NOT HAPPEN'} (${tookMs} ms)`,
    );
  }
  return done;
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
