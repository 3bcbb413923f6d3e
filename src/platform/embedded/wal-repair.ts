import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { mendLog, mendStoreFile } from './flipped-bits.js';
import {
  hasEntries,
  inspectWal,
  logForEmptyStore,
  withoutDamage,
  type WalFinding,
} from './wal-entries.js';

/** The logs DuckDB may have beside a file: a second one while it folds the first one in. */
const suffixes = ['.wal', '.wal.checkpoint', '.wal.recovery'];

/** A log and what a look at it finds. */
export interface InspectedWal {
  readonly wal: string;
  readonly bytes: Buffer;
  readonly finding: WalFinding;
}

/** Where the logs of a store file are, if they are there. */
export const logPaths = (path: string): string[] => suffixes.map((suffix) => path + suffix);

/** Looks at every log of a store file. */
export const inspectWals = (path: string): InspectedWal[] =>
  logPaths(path)
    .filter((wal) => existsSync(wal))
    .map((wal) => {
      const bytes = readFileSync(wal);
      return { wal, bytes, finding: inspectWal(bytes) };
    });

/** Flushes a file or directory to the disk. */
export const syncPath = (path: string): void => {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

/** The first name beside a file that is free: an earlier copy is never written over. */
export const copyName = (path: string): string => {
  let n = 1;
  while (existsSync(`${path}.damaged-${n}`)) n++;
  return `${path}.damaged-${n}`;
};

/** Cuts a file at a byte, and flushes it. */
export const cutFile = (path: string, at: number): void => {
  const fd = openSync(path, 'r+');
  try {
    ftruncateSync(fd, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

/** Keeps a copy of the log, then cuts it. Answers what was done, in one line. */
export const cutWal = (wal: string, at: number): string => {
  const { size } = statSync(wal);
  const copy = copyName(wal);
  copyFileSync(wal, copy);
  syncPath(copy);
  syncPath(dirname(wal));
  cutFile(wal, at);
  return (
    `store: the last ${size - at} of ${size} bytes of ${wal} are not whole (a crash or power ` +
    `loss); cut at byte ${at}, the log as it was is kept as ${copy}`
  );
};

/** What was done to the logs and the file of a copy of a store. */
export interface MendedStore {
  readonly flippedBits: number;
  readonly droppedTransactions: number;
}

/**
 * Sets right flipped bits of a copy of a store, where checksums say which they are, and takes the
 * transactions of its logs out that are damaged otherwise.
 */
export const mendStore = (path: string): MendedStore => {
  let flippedBits = existsSync(path) ? mendStoreFile(path) : 0;
  let droppedTransactions = 0;
  for (const { wal, bytes } of inspectWals(path)) {
    const bits = mendLog(bytes);
    const left = withoutDamage(bytes);
    if (bits + left.dropped > 0) writeFileSync(wal, left.bytes);
    flippedBits += bits;
    droppedTransactions += left.dropped;
  }
  return { flippedBits, droppedTransactions };
};

/**
 * Gives an empty store with the same tables the logs of a store whose file is lost; answers false
 * when there are none.
 */
export const takeLogs = (from: string, to: string): boolean => {
  const logs = inspectWals(from);
  // one for recovery is made of the others, so it stands alone or is not whole
  const own = logs.filter(({ wal }) => !wal.endsWith('.recovery'));
  const whole = logForEmptyStore((own.length > 0 ? own : logs).map(({ bytes }) => bytes));
  writeFileSync(`${to}.wal`, whole);
  return hasEntries(whole);
};
