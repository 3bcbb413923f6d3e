import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
   * Rejects with INCOMING_DIR_IN_USE (Fatal) while another store imports from the folder. A folder
   * that cannot be written is not claimed: nothing can be moved out of it either.
   */
  async take(): Promise<void> {
    await mkdir(this.root, { recursive: true }).catch(() => undefined);
    await this.#beat().catch((cause: unknown) => {
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
    const seen = await this.#seen().catch(() => undefined);
    if (isLast && seen?.store === this.store) await rm(this.#path, { force: true });
  }

  /** Writes it anew, as its age is that of the file. */
  async #beat(): Promise<void> {
    const draft = `${this.#path}-${randomUUID()}`;
    try {
      await writeFile(draft, `${this.store}\n`);
      const nowMs = (await stat(draft)).mtimeMs;
      const seen = await this.#seen(nowMs);
      if (seen !== undefined && seen.store !== this.store && seen.ageMs < deadAfterMs) {
        throw inUse(seen.store);
      }
      await rename(draft, this.#path);
    } finally {
      await rm(draft, { force: true });
    }
  }

  async #seen(nowMs = 0): Promise<Seen | undefined> {
    try {
      const store = (await readFile(this.#path, 'utf8')).trim();
      return { store, ageMs: nowMs - (await stat(this.#path)).mtimeMs };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  get #path(): string {
    return join(this.root, folderClaimFile);
  }
}

const inUse = (store: string): Fault => {
  const { reaction, meaning } = filesErrors.INCOMING_DIR_IN_USE;
  return new Fault('INCOMING_DIR_IN_USE', reaction, `${meaning} It is ${store}.`);
};
