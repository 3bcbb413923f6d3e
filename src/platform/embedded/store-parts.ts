import { existsSync } from 'node:fs';
import { copyEnding } from './log-copies.js';
import { logPaths } from './wal-repair.js';

const isThere = (part: string): boolean => existsSync(part);

/** The paths of a store's file and its logs, of those that are there. */
export const fileAndLogs = (path: string): string[] => [path, ...logPaths(path)].filter(isThere);

/**
 * The paths of the store's own parts that are there, the file first; copies of damaged parts are a
 * person's, not its.
 */
export const storeParts = (path: string): string[] => [
  ...fileAndLogs(path),
  ...logPaths(path)
    .map((log) => `${log}${copyEnding}`)
    .filter(isThere),
  ...['.tmp', '.mark', '.mark.new'].map((ending) => `${path}${ending}`).filter(isThere),
];
