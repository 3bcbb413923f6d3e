import { isUtf8 } from 'node:buffer';
import { constants, watch, type FSWatcher, type Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../streaming/index.js';
import { cutName, shownName } from './file-names.js';

/** A name in the folder or in one of its sub-folders (`folder` is empty for the folder itself). */
export interface FoundFile {
  readonly folder: string;
  readonly name: string;
  readonly isRegular: boolean;
}

/** The inode stays as long as the file does; the stamp changes when it is written or moved. */
export interface FileIdentity {
  readonly inode: string;
  readonly stamp: string;
  readonly bytes: number;
}

type Path = string | Buffer;

interface WatchedFolder {
  readonly watcher: FSWatcher;
  readonly made: string;
}

/** Where files go that were read, or could not be. */
export const finishedFolders = ['done', 'failed'] as const;
const reserved: ReadonlySet<string> = new Set(finishedFolders);
const isIgnored = (name: string): boolean => /^(tmp|\.|_)/.test(name);
const reasonEnding = '.reason.txt';

/** The folder files are dropped into: finds them, opens them safely, moves them away. */
export class IncomingFolder {
  readonly #watched = new Map<string, WatchedFolder>();
  /** Bytes of the names that are not UTF-8, by folder and name as they are shown. */
  readonly #oddNames = new Map<string, Buffer>();
  #onChange: () => void = () => undefined;
  #isClosed = false;

  constructor(private readonly root: string) {}

  /**
   * Calls back when something changed below the folder; new sub-folders are watched too. Rejects
   * with INCOMING_DIR_NOT_USABLE when there can be no such folder.
   */
  async watch(onChange: () => void): Promise<void> {
    this.#onChange = onChange;
    this.#isClosed = false;
    try {
      await mkdir(this.root, { recursive: true });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Fault('INCOMING_DIR_NOT_USABLE', 'Fatal', why, { cause });
    }
    await this.#watchFolder('');
  }

  close(): void {
    this.#isClosed = true;
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  /**
   * All files by name, then by sub-folder. Names that begin with tmp, `.` or `_` are left out.
   * A folder that was taken away is made anew; a sub-folder that may not be read is left out.
   */
  async scan(): Promise<FoundFile[]> {
    const found: FoundFile[] = [];
    await mkdir(this.root, { recursive: true });
    await this.#watchFolder('');
    const folders: string[] = [];
    for (const entry of await this.#entries('')) {
      if (reserved.has(entry.name)) continue;
      if (entry.isDirectory) folders.push(entry.name);
      else found.push({ folder: '', name: entry.name, isRegular: entry.isRegular });
    }
    for (const folder of folders) {
      await this.#watchFolder(folder);
      for (const { name, isRegular } of await this.#entries(folder)) {
        found.push({ folder, name, isRegular });
      }
    }
    return found.sort((a, b) => compare(a.name, b.name) || compare(a.folder, b.folder));
  }

  /** What lies there, a link as a link; undefined when nothing does. */
  async look(file: FoundFile): Promise<FileIdentity | undefined> {
    const stats = await statsOf(this.#path(file.folder, file.name));
    return stats && identityOf(stats);
  }

  /**
   * Opens a regular file for reading; never follows a link and never waits for a pipe. Rejects
   * when the process or the system has no room for one more open file.
   */
  async open(file: FoundFile): Promise<FileHandle | 'gone' | 'not-regular' | 'unreadable'> {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    try {
      const handle = await open(this.#path(file.folder, file.name), flags);
      if ((await handle.stat()).isFile()) return handle;
      await handle.close();
      return 'not-regular';
    } catch (error) {
      const code = codeOf(error);
      if (['EMFILE', 'ENFILE', 'ENOMEM'].includes(code)) throw error;
      if (['ENOENT', 'ENOTDIR'].includes(code)) return 'gone';
      return ['ELOOP', 'ENXIO', 'ENODEV'].includes(code) ? 'not-regular' : 'unreadable';
    }
  }

  async identity(handle: FileHandle): Promise<FileIdentity> {
    return identityOf(await handle.stat());
  }

  /**
   * Moves a file to done/ or failed/, under another name when that one is taken. Does nothing when
   * another file took its place: that one is not imported yet.
   */
  async move(
    file: FoundFile,
    move: { to: 'done' | 'failed'; inode: string; id: number; reason?: string },
  ): Promise<void> {
    const { to, inode, id, reason } = move;
    if ((await this.look(file))?.inode !== inode) return;
    const source = this.#path(file.folder, file.name);
    const folder = join(this.root, to, file.folder);
    await mkdir(folder, { recursive: true });
    const room = reason === undefined ? 0 : reasonEnding.length;
    const target = join(folder, await freeName(folder, { name: file.name, id, room }));
    if (reason !== undefined) await writeFile(target + reasonEnding, `${reason}\n`);
    await rename(source, target);
    if (String((await statsOf(target))?.ino) !== inode) {
      // another file was renamed over it since we looked
      await rename(target, source);
      await rm(target + reasonEnding, { force: true });
    } else this.#oddNames.delete(`${file.folder}/${file.name}`);
  }

  async #entries(folder: string): Promise<Entry[]> {
    const options = { withFileTypes: true, encoding: 'buffer' } as const;
    const entries = await readdir(this.#path('', folder), options).catch((error: unknown) => {
      // taken away since its name was read, or not for us: the files of other folders go on
      if (folder !== '' && codeOf(error) !== '') return [];
      throw error;
    });
    return entries.flatMap((entry) => {
      const name = shownName(entry.name);
      if (isIgnored(name)) return [];
      if (!isUtf8(entry.name)) this.#oddNames.set(`${folder}/${name}`, entry.name);
      return [{ name, isDirectory: entry.isDirectory(), isRegular: entry.isFile() }];
    });
  }

  /** Watches the folder of this name; when that one was taken away and made again, the new one. */
  async #watchFolder(folder: string): Promise<void> {
    const path = this.#path('', folder);
    const stats = await statsOf(path);
    const known = this.#watched.get(folder);
    const made = stats === undefined ? '' : `${stats.ino}-${stats.birthtimeMs}`;
    if (known?.made === made || this.#isClosed) return;
    known?.watcher.close();
    this.#watched.delete(folder);
    if (stats === undefined) return;
    try {
      const watcher = watch(path, (_, name) => {
        if (name === null || !(isIgnored(name) || reserved.has(name))) this.#onChange();
      });
      watcher.on('error', () => this.#watched.delete(folder));
      this.#watched.set(folder, { watcher, made });
    } catch (error) {
      // the system has no watcher left: the slow scan finds the files
      if (codeOf(error) === '') throw error;
    }
  }

  #path(folder: string, name: string): Path {
    if (this.#oddNames.size === 0) return join(this.root, folder, name);
    const bytesOf = (parent: string, shown: string): Buffer =>
      this.#oddNames.get(`${parent}/${shown}`) ?? Buffer.from(shown);
    const slash = Buffer.from('/');
    const parts = [Buffer.from(this.root), slash, bytesOf('', folder), slash];
    return Buffer.concat([...parts, bytesOf(folder, name)]);
  }
}

interface Entry {
  readonly name: string;
  readonly isDirectory: boolean;
  readonly isRegular: boolean;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The code of an error of the operating system; empty for every other one. */
const codeOf = (error: unknown): string => {
  const code: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : '';
};

// a move changes ctime: so a file that was moved out and dropped again is told from one not moved
const identityOf = ({ ino, mtimeMs, ctimeMs, size }: Stats): FileIdentity => ({
  inode: String(ino),
  stamp: `${ino}-${mtimeMs}-${ctimeMs}`,
  bytes: size,
});

const statsOf = async (path: Path): Promise<Stats | undefined> => {
  try {
    return await lstat(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw error;
  }
};

/** The name itself, else with the id behind it, else with a number behind that. */
const freeName = async (
  folder: string,
  wanted: { name: string; id: number; room: number },
): Promise<string> => {
  const { name, id, room } = wanted;
  for (let n = 0; ; n++) {
    const ending = n === 0 ? '' : n === 1 ? `.${id}` : `.${id}.${n - 1}`;
    const free = cutName(name, ending.length + room) + ending;
    if ((await statsOf(join(folder, free))) === undefined) return free;
  }
};
