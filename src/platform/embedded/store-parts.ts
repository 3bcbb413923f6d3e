import { existsSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { copyEnding } from './log-copies.js';
import { openFault } from './open-store.js';

/** What a store consists of beside its file; copies of damaged parts are a person's, not its. */
const endings = [
  ...['', '.wal', '.wal.checkpoint', '.wal.recovery', '.tmp', '.mark', '.mark.new'],
  ...['.wal', '.wal.checkpoint', '.wal.recovery'].map((log) => `${log}${copyEnding}`),
];

/** The paths of the store's own parts that are there. */
export const storeParts = (path: string): string[] =>
  endings.map((ending) => `${path}${ending}`).filter((part) => existsSync(part));

/**
 * Rejects with STORE_IN_USE when a process runs on the store. One that cannot be read is held by
 * nobody: only the lock is looked at, and nothing is changed.
 */
export const refuseHeldStore = async (path: string): Promise<void> => {
  if (!existsSync(path)) return;
  try {
    (await DuckDBInstance.create(path, { access_mode: 'read_only' })).closeSync();
  } catch (error) {
    const fault = openFault(error, path);
    if (fault.code === 'STORE_IN_USE') throw fault;
  }
};
