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
import { inspectWal, withoutDamage, type WalFinding } from './wal-entries.js';

/** The logs DuckDB may have beside a file: a second one while it folds the first one in. */
const suffixes = ['.wal', '.wal.checkpoint', '.wal.recovery'];

/** A log and what a look at it finds. */
export interface InspectedWal {
  readonly wal: string;
  readonly bytes: Buffer;
  readonly finding: WalFinding;
}

/** Looks at every log of a store file. */
export const inspectWals = (path: string): InspectedWal[] =>
  suffixes
    .map((suffix) => path + suffix)
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
const copyName = (path: string): string => {
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

/** Takes damaged transactions out of the logs of a copy of a store; answers how many. */
export const dropDamagedTransactions = (path: string): number => {
  let transactions = 0;
  for (const { wal, bytes } of inspectWals(path)) {
    const left = withoutDamage(bytes);
    if (left.dropped > 0) writeFileSync(wal, left.bytes);
    transactions += left.dropped;
  }
  return transactions;
};
