import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClusterFault } from './cluster-fault.mjs';

const isAlive = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
};

const holderOf = (file) => {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
};

const take = (file) => {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
};

/**
 * Runs one command at a time on a folder: two at once would start the same server twice. A lock
 * whose holder is gone is taken over. Throws a ClusterFault when another command is at work.
 */
export const withLock = async (folder, run) => {
  const file = join(folder, 'lock');
  mkdirSync(folder, { recursive: true });
  const holder = holderOf(file);
  if (holder !== undefined && !isAlive(holder)) rmSync(file, { force: true });
  if (!take(file)) {
    throw new ClusterFault(`Another command is at work in ${folder} (pid ${holderOf(file)}).
Wait until it is done; if that process is something else, remove ${file}.`);
  }
  try {
    return await run();
  } finally {
    rmSync(file, { force: true });
  }
};
