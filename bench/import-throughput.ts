import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkloadOptions } from '../src/generator/index.js';
import { postWorkloadAgreements } from './inputs.js';
import { memoryOf } from './machine.js';
import { importFile } from './network-import.js';
import { newDataDir, Program, removeDirectory } from './program.js';

export interface ImportRun {
  readonly recordsPerSecond: number;
  readonly mostMemoryBytes: number | undefined;
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
    await copyFile(file, join(program.incomingDir, 'tmp_bench.csv'));
    const startMs = performance.now();
    const { counted } = await importFile(program, 'bench.csv');
    const seconds = (performance.now() - startMs) / 1000;
    if (counted !== options.records) throw new Error(`counted ${counted}`);
    const mostMemoryBytes = memoryOf(program.pid, 'VmHWM');
    return { recordsPerSecond: options.records / seconds, mostMemoryBytes };
  } finally {
    await program.stop();
    await removeDirectory(dataDir);
  }
};
