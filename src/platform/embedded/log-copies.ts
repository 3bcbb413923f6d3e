import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isDiskFull } from './store-fault.js';
import { copyName, logPaths, type InspectedWal } from './wal-repair.js';

/** What a start found as a log, until the next start. */
export const copyEnding = '.before-start';
const unfinishedCopy = (wal: string): string => `${wal}${copyEnding}.new`;

/** Copies that are on their way until it is known whether the store could be opened. */
export interface LogCopies {
  /** The store is open: these are the copies now. */
  keep(): void;
  /** The logs are as they were. */
  drop(): void;
}

const cutLine = ({ wal, bytes, finding }: InspectedWal): string | undefined =>
  finding.kind !== 'unfinished'
    ? undefined
    : `store: the last ${bytes.length - finding.at} of ${bytes.length} bytes of ${wal} are a ` +
      `transaction whose end is not there (a crash); cut at byte ${finding.at}, ` +
      `the log as it was is kept as ${wal}${copyEnding} until the next start`;

/**
 * Copies logs before DuckDB folds them in: when the file is another one than they belong to, it
 * drops without a word what does not fit. Says which ones end in the middle of a transaction.
 * Without room for a copy, it says so and goes on. Copies of the start before go: they are no part
 * of what this one found.
 */
export const copyLogs = (
  path: string,
  wals: readonly InspectedWal[],
  log: (line: string) => void,
): LogCopies => {
  const drop = (): void => {
    for (const { wal } of wals) rmSync(unfinishedCopy(wal), { force: true });
  };
  try {
    for (const { wal, bytes } of wals) writeFileSync(unfinishedCopy(wal), bytes);
  } catch (error) {
    drop();
    if (!isDiskFull(error)) throw error;
    log('store: no copy of its log is kept: the disk has no room for one');
  }
  return {
    keep: () => {
      for (const wal of logPaths(path)) {
        if (existsSync(unfinishedCopy(wal))) renameSync(unfinishedCopy(wal), `${wal}${copyEnding}`);
        else rmSync(`${wal}${copyEnding}`, { force: true });
      }
      for (const line of wals.map(cutLine)) if (line !== undefined) log(line);
    },
    drop,
  };
};

/**
 * Gives the copies of this start a name under which no later one replaces them; answers it, or
 * undefined when the start found no log.
 */
export const keepLogCopies = (path: string): string | undefined => {
  const names = logPaths(path)
    .filter((wal) => existsSync(`${wal}${copyEnding}`))
    .map((wal) => {
      const kept = copyName(wal);
      renameSync(`${wal}${copyEnding}`, kept);
      return kept;
    });
  return names.length === 0 ? undefined : names.join(' and ');
};
