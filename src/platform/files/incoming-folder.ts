import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../streaming/index.js';
import { cutName, isUnfinishedName, shownName } from './file-names.js';
import { allHeard, EventsInTurn, WatchedFolder, type Entry } from './watched-folder.js';

/** A name in the folder or in one of its sub-folders (`folder` is empty for the folder itself). */
export interface FoundFile {
  readonly folder: string;
  readonly name: string;
  readonly isRegular: boolean;
  /** A folder in a sub-folder. */
  readonly isFolder?: boolean;
}

/** The inode stays as long as the file does; the stamp changes when it is written or moved. */
export interface FileIdentity {
  readonly inode: string;
  readonly stamp: string;
  readonly bytes: number;
  /** When it was written, moved or otherwise changed last (epoch ms, by its file system). */
  readonly changedMs: number;
}

type Path = string | Buffer;

/** Where files go that were read, or could not be. */
export const finishedFolders = ['done', 'failed'] as const;
const reserved: ReadonlySet<string> = new Set(finishedFolders);
const reasonEnding = '.reason.txt';

/** The folder files are dropped into: finds them, opens them safely, moves them away. */
export class IncomingFolder {
  readonly #folders = new Map<string, WatchedFolder>();
  readonly #events = new EventsInTurn();
  /** Bytes of the names that are shown as another text, by folder and name as they are shown. */
  readonly #oddNames = new Map<string, Buffer>();
  #onChange: () => void = () => undefined;
  #isClosed = false;

  /** `unfinished`: more endings of names that are not whole yet. */
  constructor(
    private readonly root: string,
    private readonly unfinished: readonly string[] = [],
  ) {}

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
    await this.#folder('', true);
  }

  close(): void {
    this.#isClosed = true;
    for (const folder of this.#folders.values()) folder.close();
    this.#folders.clear();
  }

  /**
   * All files by name, then by sub-folder; names of what is not whole yet are left out. A folder
   * that was taken away is made anew; a sub-folder that may not be read is left out. Sub-folders
   * that nothing was told of are looked at only when `all` are to be.
   */
  async scan(all = true): Promise<FoundFile[]> {
    const found: FoundFile[] = [];
    await mkdir(this.root, { recursive: true });
    const names = new Set(['']);
    for (const { name, isDirectory, isRegular } of await this.#entriesOf('', all)) {
      if (reserved.has(name)) continue;
      if (isDirectory) names.add(name);
      else found.push({ folder: '', name, isRegular });
    }
    for (const folder of names) {
      if (folder === '') continue;
      for (const { name, isDirectory, isRegular } of await this.#entriesOf(folder, all)) {
        found.push({ folder, name, isRegular, ...(isDirectory && { isFolder: true }) });
      }
    }
    this.#forgetOthers(names);
    return found.sort((a, b) => compare(a.name, b.name) || compare(a.folder, b.folder));
  }

  /**
   * Whether files, as they were before the call, are known to have come whole: renamed into their
   * place or moved there. False when that is not known.
   */
  async cameWhole(): Promise<(file: FoundFile) => boolean> {
    await allHeard();
    return ({ folder, name }) => this.#folders.get(folder)?.cameWhole(name) === true;
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
   * another file took its place: that one is not imported yet. Answers where it lies then.
   */
  async move(
    file: FoundFile,
    move: { to: 'done' | 'failed'; inode: string; id: number; reason?: string },
  ): Promise<FoundFile | undefined> {
    const { to, inode, id, reason } = move;
    if ((await this.look(file))?.inode !== inode) return undefined;
    const parent = await endFolder(join(this.root, to), file.folder);
    const folder = join(this.root, to, parent);
    const beside = reason === undefined ? '' : reasonEnding;
    const name = await freeName(folder, { name: file.name, id, beside });
    const target = join(folder, name);
    if (reason !== undefined) await writeFile(target + reasonEnding, `${reason}\n`);
    const isMoved = await this.#rename(file, { target, inode }).catch(async (error: unknown) => {
      if (reason !== undefined) await rm(target + reasonEnding, { force: true });
      throw error;
    });
    if (isMoved) return { folder: join(to, parent), name, isRegular: file.isRegular };
    await rm(target + reasonEnding, { force: true });
    return undefined;
  }

  /** False when another file was renamed over it since we looked: that one is put back. */
  async #rename(
    file: FoundFile,
    { target, inode }: { target: string; inode: string },
  ): Promise<boolean> {
    const source = this.#path(file.folder, file.name);
    const watched = this.#folders.get(file.folder);
    watched?.moving(file.name);
    try {
      await rename(source, target);
    } catch (error) {
      watched?.notMoved(file.name);
      throw error;
    }
    if (String((await statsOf(target))?.ino) === inode) {
      this.#oddNames.delete(`${file.folder}/${file.name}`);
      return true;
    }
    watched?.moving(file.name);
    await rename(target, source);
    watched?.changed();
    return false;
  }

  /** Where in done/ the file of this inode lies that was moved there from `file`. */
  async findDone(
    file: FoundFile,
    { inode, id }: { inode: string; id: number },
  ): Promise<FoundFile | undefined> {
    for (const parent of [file.folder, file.folder && feedFolder(file.folder, 1)]) {
      for (const ending of ['', `.${id}`, `.${id}.1`]) {
        const name = cutName(file.name, ending.length) + ending;
        const found = { folder: join('done', parent), name, isRegular: true };
        if ((await this.look(found))?.inode === inode) return found;
      }
    }
    return undefined;
  }

  /** The names in a folder, read anew when they may have changed. */
  async #entriesOf(name: string, isAsked: boolean): Promise<readonly Entry[]> {
    const folder = await this.#folder(name, isAsked);
    if (folder?.isDirty) {
      folder.reading();
      folder.read(await this.#entries(name));
    }
    return folder?.entries ?? [];
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
      if (this.#isLeftAlone(name)) return [];
      const isOdd = !Buffer.from(name).equals(entry.name);
      if (isOdd) this.#oddNames.set(`${folder}/${name}`, entry.name);
      return [{ name, isDirectory: entry.isDirectory(), isRegular: entry.isFile() }];
    });
  }
  #forgetOthers(names: ReadonlySet<string>): void {
    for (const [name, folder] of this.#folders) {
      if (names.has(name)) continue;
      folder.close();
      this.#folders.delete(name);
    }
  }

  /** The folder of this name, watched; when that one was taken away and made again, the new one. */
  async #folder(name: string, isAsked: boolean): Promise<WatchedFolder | undefined> {
    const known = this.#folders.get(name);
    if (known?.isWatched && !isAsked) return known;
    const path = this.#path('', name);
    const stats = await statsOf(path);
    const folder = stats && this.#sameOrNew(name, `${stats.ino}-${stats.birthtimeMs}`);
    if (stats === undefined || folder === undefined) {
      known?.close();
      this.#folders.delete(name);
      return undefined;
    }
    folder.seen(stats.mtimeMs);
    if (!folder.isWatched && !this.#isClosed) watchIfPossible(folder, path);
    return folder;
  }

  #sameOrNew(name: string, made: string): WatchedFolder {
    const known = this.#folders.get(name);
    if (known?.made === made) return known;
    known?.close();
    const folder = this.#newFolder(made);
    this.#folders.set(name, folder);
    return folder;
  }

  #newFolder(made: string): WatchedFolder {
    return new WatchedFolder(made, {
      events: this.#events,
      isLeftAlone: (name) => this.#isLeftAlone(name) || reserved.has(name),
      onChange: () => this.#onChange(),
      onFlood: () => {
        for (const folder of this.#folders.values()) folder.forgetWhole();
      },
    });
  }

  #isLeftAlone(name: string): boolean {
    return isUnfinishedName(name, this.unfinished);
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
  changedMs: Math.max(mtimeMs, ctimeMs),
});

const statsOf = async (path: Path): Promise<Stats | undefined> => {
  try {
    return await lstat(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw error;
  }
};

const watchIfPossible = (folder: WatchedFolder, path: Path): void => {
  try {
    folder.watch(path);
  } catch (error) {
    // the system has no watcher left: the slow scan finds the files
    if (codeOf(error) === '') throw error;
  }
};

const isDirectory = async (path: string): Promise<boolean> =>
  (await statsOf(path))?.isDirectory() === true;

const feedFolder = (name: string, n: number): string =>
  n === 0 ? name : `${cutName(name, 10)}.feed${n === 1 ? '' : n}`;

/** Where the files of a feed end: its name there may be that of a file that ended before. */
const endFolder = async (root: string, name: string): Promise<string> => {
  for (let n = 0; ; n++) {
    const free = feedFolder(name, n);
    const folder = join(root, free);
    if (await isDirectory(folder)) return free;
    if (n === 0) await mkdir(root, { recursive: true });
    try {
      if (name !== '') await mkdir(folder);
      return free;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      if (await isDirectory(folder)) return free; // made for another file of the feed meanwhile
    }
  }
};

/** The name itself, else with the id behind it, else with a number; `beside` it is free too. */
const freeName = async (
  folder: string,
  wanted: { name: string; id: number; beside: string },
): Promise<string> => {
  const { name, id, beside } = wanted;
  const isTaken = async (free: string): Promise<boolean> =>
    (await statsOf(join(folder, free))) !== undefined;
  for (let n = 0; ; n++) {
    const ending = n === 0 ? '' : n === 1 ? `.${id}` : `.${id}.${n - 1}`;
    const free = cutName(name, ending.length + beside.length) + ending;
    if (await isTaken(free)) continue;
    if (beside === '' || !(await isTaken(free + beside))) return free;
  }
};
