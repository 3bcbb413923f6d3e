import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { postWorkloadAgreements } from './inputs.js';
import { memoryOf } from './machine.js';
import { fileAt, linesAFile, writeNetworkFile, type NetworkWorkload } from './network-workload.js';
import { newDataDir, Program, removeDirectory } from './program.js';

interface ImportFile {
  readonly name: string;
  readonly state: string;
  readonly counted: number;
  readonly late: number;
  readonly duplicate: number;
}

export interface NetworkRun {
  /** Lines a second over all files. */
  readonly rate: number;
  /** Of each file in turn, redelivered ones too. */
  readonly rates: readonly number[];
  /** Which of them came a second time. */
  readonly redelivered: readonly boolean[];
  readonly mostMemoryBytes: number | undefined;
}

/**
 * Renames the file `tmp_<name>` of the folder and waits until it is done: moved, behind its last
 * commit. Asking the program for it all the time would cost the import more than looking.
 */
export const importFile = async (program: Program, name: string): Promise<ImportFile> => {
  const { incomingDir } = program;
  await rename(join(incomingDir, `tmp_${name}`), join(incomingDir, name));
  const isIn = (folder: string): boolean => existsSync(join(incomingDir, folder, name));
  await program.until(() => Promise.resolve(isIn('done') || isIn('failed')), { everyMs: 4 });
  const answer = await program.get<{ items: ImportFile[] }>('/api/import-files?limit=3');
  const file = answer?.items.find((each) => each.name === name);
  if (file?.state !== 'done') throw new Error(`${name} is ${file?.state ?? 'not there'}`);
  return file;
};

/** Imports files of a million lines one behind the other, each from its rename until it is done. */
export const measureNetwork = async (
  workload: NetworkWorkload,
  files: number,
): Promise<NetworkRun> => {
  const dataDir = await newDataDir();
  const program = await Program.start(dataDir);
  const rates: number[] = [];
  const redelivered: boolean[] = [];
  const seen = new Set<number>();
  try {
    await program.answers('/health/ready');
    await postWorkloadAgreements(program, { subscribers: workload.subscribers });
    for (let place = 0; place < files; place++) {
      const number = fileAt(workload, place);
      const name = `network-${String(place).padStart(4, '0')}.csv`;
      writeNetworkFile(join(program.incomingDir, `tmp_${name}`), workload, number);
      const startMs = performance.now();
      const { counted, late, duplicate } = await importFile(program, name);
      rates.push((linesAFile / (performance.now() - startMs)) * 1000);
      redelivered.push(seen.has(number));
      const right = seen.has(number) ? duplicate : counted + late;
      if (right !== linesAFile) throw new Error(`${name}: ${right} of ${linesAFile} lines`);
      seen.add(number);
    }
    const rate = rates.length / rates.reduce((sum, each) => sum + 1 / each, 0);
    return { rate, rates, redelivered, mostMemoryBytes: memoryOf(program.pid, 'VmHWM') };
  } finally {
    await program.stop();
    await removeDirectory(dataDir);
  }
};
