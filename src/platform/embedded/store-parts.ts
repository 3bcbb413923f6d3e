import { existsSync } from 'node:fs';
import { copyEnding } from './log-copies.js';

/** What a store consists of beside its file; copies of damaged parts are a person's, not its. */
const endings = [
  ...['', '.wal', '.wal.checkpoint', '.wal.recovery', '.tmp', '.mark', '.mark.new'],
  ...['.wal', '.wal.checkpoint', '.wal.recovery'].map((log) => `${log}${copyEnding}`),
];

/** The paths of the store's own parts that are there. */
export const storeParts = (path: string): string[] =>
  endings.map((ending) => `${path}${ending}`).filter((part) => existsSync(part));
