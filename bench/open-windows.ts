import { readdirSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WindowTable } from '../src/billing-window/domain/window-table.js';
import { postWorkloadAgreements, writeCdrFile } from './inputs.js';
import { memoryOf } from './machine.js';
import { newDataDir, Program, removeDirectory } from './program.js';

export interface OpenWindowsRun {
  readonly windows: number;
  /** With all windows open and nothing to do. */
  readonly residentBytes: number | undefined;
  /** The most there was while the agreements and the records came in. */
  readonly mostResidentBytes: number | undefined;
  /** Of the newest snapshot: windows, agreements, subscribers. */
  readonly snapshotBytes: number;
  /** Of the columns and the index of the windows alone, with the room they keep for more. */
  readonly windowTableBytes: number;
  readonly readyMs: readonly number[];
}

/** The newest file below the directory whose path speaks of a snapshot. */
const newestSnapshotBytes = (directory: string): number => {
  const files = readdirSync(directory, { recursive: true })
    .map(String)
    .filter((name) => /snapshot/i.test(name))
    .map((name) => statSync(join(directory, name)))
    .filter((stat) => stat.isFile())
    .sort((a, b) => b.mtimeMs - a.mtimeMs);
  return files[0]?.size ?? 0;
};

const windowTableBytes = (windows: number): number => {
  const table = new WindowTable();
  const bucket = { zoneIndex: 0, period: 600, endMs: Infinity };
  for (let agreement = 0; agreement < windows; agreement++) {
    table.open(table.add(agreement, bucket.period), bucket);
  }
  return table.byteSize;
};

const importOneRecordEach = async (program: Program, windows: number): Promise<void> => {
  const options = { subscribers: windows, records: windows, daysStep: 0.5 };
  await postWorkloadAgreements(program, options);
  const temporary = join(program.incomingDir, 'tmp_bench');
  writeCdrFile(temporary, options);
  await rename(temporary, join(program.incomingDir, 'bench.csv'));
  await program.until(async () => {
    const answer = await program.get<{ items: { state: string; counted: number }[] }>(
      '/api/import-files?limit=1',
    );
    const file = answer?.items[0];
    if (file?.state === 'done' && file.counted !== windows) throw new Error('not all counted');
    return file?.state === 'done';
  });
};

/** One open window for each of `windows` agreements; then `restarts` restarts until ready. */
export const measureOpenWindows = async (
  windows: number,
  restarts: number,
): Promise<OpenWindowsRun> => {
  const dataDir = await newDataDir();
  let program = await Program.start(dataDir);
  try {
    await program.answers('/health/ready');
    await importOneRecordEach(program, windows);
    const mostResidentBytes = memoryOf(program.pid, 'VmHWM');
    const readyMs: number[] = [];
    let residentBytes: number | undefined;
    for (let restart = 0; restart < restarts; restart++) {
      await program.stop();
      const startMs = performance.now();
      program = await Program.start(dataDir);
      await program.answers('/health/ready');
      readyMs.push(performance.now() - startMs);
      await sleep(1000);
      residentBytes = memoryOf(program.pid, 'VmRSS');
    }
    const snapshotBytes = newestSnapshotBytes(dataDir);
    return {
      ...{ windows, residentBytes, mostResidentBytes, snapshotBytes, readyMs },
      windowTableBytes: windowTableBytes(windows),
    };
  } finally {
    await program.stop();
    await removeDirectory(dataDir);
  }
};
