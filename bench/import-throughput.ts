import { existsSync } from 'node:fs';
import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkloadOptions } from '../src/generator/index.js';
import { postWorkloadAgreements } from './inputs.js';
import { memoryOf } from './machine.js';
import { newDataDir, Program, removeDirectory } from './program.js';

export interface ImportRun {
  readonly recordsPerSecond: number;
  readonly mostMemoryBytes: number | undefined;
}

interface ImportFile {
  readonly counted: number;
}

/** From the rename of a file until its book says done: rows, totals and messages are durable. */
export const measureImport = async (
  file: string,
  options: Partial<WorkloadOptions> & { readonly records: number },
): Promise<ImportRun> => {
  const dataDir = await newDataDir();
  const program = await Program.start(dataDir);
  try {
    await program.answers('/health/ready');
    await postWorkloadAgreements(program, options);
    await copyFile(file, join(program.incomingDir, 'tmp_bench'));
    const startMs = performance.now();
    await rename(join(program.incomingDir, 'tmp_bench'), join(program.incomingDir, 'bench.csv'));
    const doneFile = join(program.incomingDir, 'done', 'bench.csv');
    // asking the program costs it more than looking: it is moved behind its last commit
    await program.until(() => Promise.resolve(existsSync(doneFile)), { everyMs: 4 });
    const seconds = (performance.now() - startMs) / 1000;
    const answer = await program.get<{ items: ImportFile[] }>('/api/import-files?limit=1');
    const done = answer?.items[0];
    if (done?.counted !== options.records) throw new Error(`counted ${done?.counted}`);
    const mostMemoryBytes = memoryOf(program.pid, 'VmHWM');
    return { recordsPerSecond: options.records / seconds, mostMemoryBytes };
  } finally {
    await program.stop();
    await removeDirectory(dataDir);
  }
};
