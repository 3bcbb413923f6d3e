import { parentPort } from 'node:worker_threads';
import { nextTurn } from '../../../platform/pause.js';
import { buildRun, mergeRuns, type MergeRuns, type RunOrder } from './run-builder.js';
import { DamagedRun } from './run-file.js';
import type { RunAnswer } from './run-builders.js';

/** The thread that turns committed rows into runs. A build goes between the pieces of a merge. */
const answer = (message: RunAnswer): void => parentPort?.postMessage(message);

const failed = (id: number, error: unknown): void => {
  const isDamage = error instanceof DamagedRun;
  answer({ id, error: error instanceof Error ? error.message : String(error), isDamage });
};

const merge = async (id: number, order: MergeRuns): Promise<void> => {
  try {
    const pieces = mergeRuns(order);
    while (pieces.next().done !== true) await nextTurn();
    answer({ id });
  } catch (error) {
    failed(id, error);
  }
};

parentPort?.on('message', ({ id, order }: { id: number; order: RunOrder }) => {
  if (order.kind === 'merge') return void merge(id, order);
  try {
    buildRun(order);
    answer({ id });
  } catch (error) {
    failed(id, error);
  }
});
