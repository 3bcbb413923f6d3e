import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nextTurn } from '../pause.js';
import { endedName } from './file-names.js';
import { finishedFolders } from './incoming-folder.js';

/** A file that was read and moved away. */
export interface DoneFile {
  /** Below done/; empty for done/ itself. */
  readonly folder: string;
  readonly name: string;
  readonly inode: string;
  readonly bytes: number;
  /** When it was moved there (epoch ms, by its file system). */
  readonly changedMs: number;
}

const looksAtOnce = 32;
const newestFirst = (a: DoneFile, b: DoneFile): number => b.changedMs - a.changedMs;

const entriesOf = (path: string): Promise<Dirent<Buffer>[]> =>
  readdir(path, { withFileTypes: true, encoding: 'buffer' }).catch(() => []);

/**
 * The files in done/ and its folders below `root`, at most the `most` newest, newest first. What
 * may not be read, or goes meanwhile, is left out.
 */
export const doneFiles = async (root: string, most: number): Promise<DoneFile[]> => {
  const done = join(root, finishedFolders[0]);
  let found: DoneFile[] = [];
  const folders = (await entriesOf(done)).filter((entry) => entry.isDirectory());
  for (const folder of ['', ...folders.map(({ name }) => endedName(name))]) {
    const files = (await entriesOf(join(done, folder))).filter((entry) => entry.isFile());
    for (let at = 0; at < files.length; at += looksAtOnce) {
      const some = files.slice(at, at + looksAtOnce);
      const looked = await Promise.all(some.map(({ name }) => look(done, folder, name)));
      found.push(...looked.filter((file) => file !== undefined));
      if (found.length >= 2 * most) found = found.sort(newestFirst).slice(0, most);
      await nextTurn();
    }
  }
  return found.sort(newestFirst).slice(0, most);
};

const look = async (done: string, folder: string, name: Buffer): Promise<DoneFile | undefined> => {
  const path = Buffer.concat([Buffer.from(`${join(done, folder)}/`), name]);
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return undefined;
  const { ino, size, ctimeMs } = stats;
  const at = { inode: String(ino), bytes: size, changedMs: ctimeMs };
  return { folder, name: endedName(name), ...at };
};
