import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SeedRange, SeedsDone } from './seeds.js';

const root = join(__dirname, '../..');
const folder = join(root, 'node_modules/.cache/simulation');
const bundlePath = join(folder, 'seeds-thread.mjs');

/** The simulation in one file: outside of jest it runs three times as fast. */
const makeBundle = (): void => {
  mkdirSync(folder, { recursive: true });
  const made = spawnSync(
    join(root, 'node_modules/.bin/esbuild'),
    [
      join(__dirname, 'seeds-thread.ts'),
      ...['--bundle', '--platform=node', '--format=esm', '--packages=external'],
      `--outfile=${bundlePath}`,
      '--log-level=warning',
    ],
    { encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`the simulation cannot be bundled: ${made.stderr}`);
};

/** Runs ranges of seeds in as many threads as there are cores; answers in order of the ranges. */
export const runInThreads = async (ranges: readonly SeedRange[]): Promise<SeedsDone[]> => {
  makeBundle();
  const results: SeedsDone[] = [];
  const left = ranges.entries();
  const thread = async (): Promise<void> => {
    const worker = new Worker(bundlePath);
    for (const [index, range] of left) {
      worker.postMessage(range);
      [results[index]] = (await once(worker, 'message')) as [SeedsDone];
    }
    await worker.terminate();
  };
  const threads = Math.min(availableParallelism(), ranges.length);
  await Promise.all(Array.from({ length: threads }, thread));
  return results;
};
