import { constants, watch, type FSWatcher } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** A name in the folder or in one of its sub-folders (`folder` is empty for the folder itself). */
export interface FoundFile {
  readonly folder: string;
  readonly name: string;
  readonly isRegular: boolean;
}

const reserved = new Set(['done', 'failed']);
const isIgnored = (name: string): boolean => /^(tmp|\.|_)/.test(name);

/** The folder files are dropped into: finds them, opens them safely, moves them away. */
export class IncomingFolder {
  readonly #watchers = new Map<string, FSWatcher>();
  #onChange: () => void = () => undefined;

  constructor(private readonly root: string) {}

  /** Calls back when something changed below the folder; new sub-folders are watched too. */
  async watch(onChange: () => void): Promise<void> {
    await mkdir(this.root, { recursive: true });
    this.#onChange = onChange;
    this.#watchFolder('');
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** All files by name, then by sub-folder. Names that begin with tmp, `.` or `_` are left out. */
  async scan(): Promise<FoundFile[]> {
    const found: FoundFile[] = [];
    const top = await readdir(this.root, { withFileTypes: true });
    for (const entry of top) {
      if (isIgnored(entry.name) || reserved.has(entry.name)) continue;
      if (!entry.isDirectory()) {
        found.push({ folder: '', name: entry.name, isRegular: entry.isFile() });
        continue;
      }
      this.#watchFolder(entry.name);
      const inside = await readdir(join(this.root, entry.name), { withFileTypes: true });
      for (const file of inside) {
        if (isIgnored(file.name)) continue;
        found.push({ folder: entry.name, name: file.name, isRegular: file.isFile() });
      }
    }
    return found.sort((a, b) => compare(a.name, b.name) || compare(a.folder, b.folder));
  }

  /** Opens a regular file for reading; never follows a link and never waits for a pipe. */
  async open({ folder, name, isRegular }: FoundFile): Promise<FileHandle | undefined> {
    if (!isRegular) return undefined;
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const handle = await open(join(this.root, folder, name), flags);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    return undefined;
  }

  /** What tells a file from another of the same name, and how large it is now. */
  async identity(handle: FileHandle): Promise<{ inode: string; bytes: number }> {
    const { ino, mtimeMs, size } = await handle.stat();
    return { inode: `${ino}-${mtimeMs}`, bytes: size };
  }

  /** Moves a file to done/ or failed/, under another name when that name is taken. */
  async move(file: FoundFile, to: 'done' | 'failed', reason?: string): Promise<void> {
    const target = join(this.root, to, file.folder);
    await mkdir(target, { recursive: true });
    let name = file.name;
    for (let n = 1; await exists(join(target, name)); n++) name = `${file.name}.${n}`;
    if (reason !== undefined) await writeFile(join(target, `${name}.reason.txt`), `${reason}\n`);
    await rename(join(this.root, file.folder, file.name), join(target, name));
  }

  #watchFolder(folder: string): void {
    if (this.#watchers.has(folder)) return;
    const watcher = watch(join(this.root, folder), () => this.#onChange());
    // a folder that is taken away; the slow scan goes on without its watcher
    watcher.on('error', () => this.#watchers.delete(folder));
    this.#watchers.set(folder, watcher);
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const exists = async (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
