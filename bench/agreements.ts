import { setTimeout as sleep } from 'node:timers/promises';
import { workloadAgreements } from '../src/generator/index.js';
import { agreementBodies, postBodies } from './inputs.js';
import { memoryOf } from './machine.js';
import { newDataDir, Program, removeDirectory } from './program.js';

export interface AgreementsRun {
  readonly seconds: number;
  /** The most there was while they came. */
  readonly mostResidentBytes: number;
  /** With all of them there and nothing to do. */
  readonly residentBytes: number;
}

const restMs = 5000;

/** Posts so many agreements as NDJSON, 20,000 a request, one request behind the other. */
export const measureAgreements = async (count: number): Promise<AgreementsRun> => {
  const bodies = [...agreementBodies(workloadAgreements({ subscribers: count }))];
  const dataDir = await newDataDir();
  const program = await Program.start(dataDir);
  try {
    await program.answers('/health/ready');
    const startMs = performance.now();
    await postBodies(program, bodies);
    const seconds = (performance.now() - startMs) / 1000;
    await sleep(restMs);
    const mostResidentBytes = memoryOf(program.pid, 'VmHWM') ?? NaN;
    return { seconds, mostResidentBytes, residentBytes: memoryOf(program.pid, 'VmRSS') ?? NaN };
  } finally {
    await program.stop();
    await removeDirectory(dataDir);
  }
};
