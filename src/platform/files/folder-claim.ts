import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Fault } from '../../streaming/index.js';
import { every } from '../pause.js';
import { filesErrors } from './errors.js';

/** The file that says which store the files of a folder are imported into. */
export const folderClaimFile = '.overage-import-store';
const beatMs = 5000;
/** A claim that nobody renewed for so long is one of the dead. */
const deadAfterMs = 15_000;

/** A claim in its file, and how old it is by the clock of the folder's file system. */
interface Seen {
  readonly store: string;
  readonly ageMs: number;
}

/**
 * Says for which store a folder is imported, as long as that goes on: another store that imports
 * from it would take files away from this one. Processes of one store share a claim. It outlives a
 * killed process for seconds only, and never keeps its own store out.
 */
export class FolderClaim {
  #stopBeating: () => Promise<void> = () => Promise.resolve();

  /** `store` is the same for all who import into one store, and for a store whenever it runs. */
  constructor(
    private readonly root: string,
    private readonly store: string,
    private readonly onLost: (cause: Fault) => void,
  ) {}

  /**
   * Rejects with INCOMING_DIR_IN_USE (Fatal) while another store imports from the folder, or anyone
   * from one that it lies in or that lies in it: the files of the inner one would be read twice. A
   * folder that cannot be written is not claimed: nothing can be moved out of it either.
   */
  async take(): Promise<void> {
    await mkdir(this.root, { recursive: true }).catch(() => undefined);
    await this.#beat(() => this.#inner()).catch((cause: unknown) => {
      if (cause instanceof Fault) throw cause;
    });
    this.#stopBeating = every(beatMs, () =>
      this.#beat().catch((cause: unknown) => {
        // a folder that is away for a while is told by who reads it
        if (cause instanceof Fault) this.onLost(cause);
      }),
    );
  }

  /** `isLast` when no other process imports into the store: others may come at once then. */
  async release(isLast: boolean): Promise<void> {
    await this.#stopBeating();
    const seen = await this.#seen(this.root).catch(() => undefined);
    if (isLast && seen?.store === this.store) await rm(this.#path, { force: true });
  }

  /** Writes it anew, as its age is that of the file; `more`: folders to look at besides. */
  async #beat(more: () => Promise<string[]> = () => Promise.resolve([])): Promise<void> {
    const draft = `${this.#path}-${randomUUID()}`;
    try {
      await writeFile(draft, `${this.store}\n`);
      const nowMs = (await stat(draft)).mtimeMs;
      const seen = await this.#seen(this.root, nowMs);
      if (isAlive(seen) && seen.store !== this.store) throw inUse(`It is ${seen.store}.`);
      for (const folder of [...(await this.#outer()), ...(await more())]) {
        const near = await this.#seen(folder, nowMs);
        if (isAlive(near))
          throw inUse(`${folder} is one of ${near.store}: none may lie in another.`);
      }
      await rename(draft, this.#path);
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** The folders it lies in, links followed. */
  async #outer(): Promise<string[]> {
    const outer: string[] = [];
    for (let folder = await realpath(this.root); folder !== dirname(folder);) {
      folder = dirname(folder);
      outer.push(folder);
    }
    return outer;
  }

  /** The folders in it. */
  async #inner(): Promise<string[]> {
    const entries = await readdir(this.root, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(this.root, name));
  }

  async #seen(folder: string, nowMs = 0): Promise<Seen | undefined> {
    const path = join(folder, folderClaimFile);
    try {
      const store = (await readFile(path, 'utf8')).trim();
      return { store, ageMs: nowMs - (await stat(path)).mtimeMs };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || (code === 'EACCES' && folder !== this.root)) return undefined;
      throw error;
    }
  }

  get #path(): string {
    return join(this.root, folderClaimFile);
  }
}

const isAlive = (seen: Seen | undefined): seen is Seen =>
  seen !== undefined && seen.ageMs < deadAfterMs;

const inUse = (which: string): Fault => {
  const { reaction, meaning } = filesErrors.INCOMING_DIR_IN_USE;
  return new Fault('INCOMING_DIR_IN_USE', reaction, `${meaning} ${which}`);
};
