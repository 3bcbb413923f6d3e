import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  comparePositions,
  type Position,
  type Snapshot,
  type SnapshotStore,
} from '../../streaming/index.js';
import { makeDirectory } from './open-store.js';
import { checkChunks, DamagedSnapshot, readChunks, writeChunks } from './snapshot-file.js';
import { isSystemError, messageOf } from './store-fault.js';

export interface FileSnapshotOptions {
  /** Made when missing. */
  readonly directory: string;
  /** Whose state it is; of letters, digits, dot, dash and underscore. */
  readonly application: string;
  /** Of the state's bytes; a snapshot of another one is not used. */
  readonly stateFormat: number;
  /** `EmbeddedDatabase.storeId`: a snapshot that belongs to another store is not used. */
  readonly storeId: string;
  readonly log: (line: string) => void;
}

interface Found {
  readonly path: string;
  readonly position: Position;
}

/** Two: the second is for the case that the newest turns out damaged. */
const KEPT = 2;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Snapshots as files of one directory: each whole or not there. */
export class FileSnapshotStore implements SnapshotStore {
  readonly #name: RegExp;

  constructor(private readonly options: FileSnapshotOptions) {
    const { application, directory } = options;
    if (!/^[\w.-]+$/.test(application)) {
      throw new Error(`${application} cannot be part of a file name`);
    }
    this.#name = new RegExp(`^${application.replaceAll('.', '\\.')}-(\\d+)-(\\d+)\\.snapshot$`);
    makeDirectory(directory);
  }

  /**
   * The newest one that is whole. A damaged one is passed over and told. One above the position
   * is of a history that was lost (a restored backup): it is removed, or it would come into use
   * once the position has passed it.
   */
  async newestAtOrBelow(position: Position): Promise<Snapshot | undefined> {
    for (const found of await this.#found()) {
      if (comparePositions(found.position, position) > 0) {
        await this.#remove(found, 'it is ahead of the committed position');
        continue;
      }
      const fault = await this.#faultOf(found);
      if (fault === undefined) return this.#snapshot(found);
      this.options.log(`snapshot: ${found.path} is not used, ${fault}; the one before is tried`);
    }
    return undefined;
  }

  /** A snapshot that cannot be written is told and left out: it only makes a restart faster. */
  async save(position: Position, chunks: Iterable<Uint8Array>): Promise<void> {
    const { application, directory } = this.options;
    const path = join(directory, `${application}-${position.offset}-${position.cursor}.snapshot`);
    const tmp = `${path}.tmp`;
    try {
      await writeChunks(tmp, this.#withHeader(position, chunks));
      await rename(tmp, path);
      await this.#syncDirectory();
      const older = (await this.#found()).slice(KEPT);
      for (const found of older) await rm(found.path, { force: true });
    } catch (error) {
      await rm(tmp, { force: true });
      if (!isSystemError(error)) throw error;
      this.options.log(`snapshot: ${path} was not saved: ${messageOf(error)}`);
    }
  }

  /** Position and time (epoch ms) of the newest one, whole or not. */
  async saved(): Promise<{ position: Position; savedAtMs: number } | undefined> {
    const newest = (await this.#found()).at(0);
    if (newest === undefined) return undefined;
    const file = await stat(newest.path).catch(() => undefined); // removed meanwhile
    return file && { position: newest.position, savedAtMs: file.mtimeMs };
  }

  #header(position: Position): string {
    const { application, stateFormat, storeId } = this.options;
    return JSON.stringify({ format: stateFormat, application, storeId, ...position });
  }

  *#withHeader(position: Position, chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
    yield encoder.encode(this.#header(position));
    yield* chunks;
  }

  #snapshot({ path, position }: Found): Snapshot {
    return {
      position,
      chunks: async function* () {
        const all = readChunks(path);
        await all.next(); // the header, checked already
        yield* all;
      },
    };
  }

  async #faultOf({ path, position }: Found): Promise<string | undefined> {
    try {
      const header = decoder.decode(await checkChunks(path));
      return header === this.#header(position)
        ? undefined
        : 'it is of another store or of another version of the program';
    } catch (error) {
      if (error instanceof DamagedSnapshot) return `it is damaged: ${error.message}`;
      return `it cannot be read: ${messageOf(error)}`;
    }
  }

  /** Newest first. */
  async #found(): Promise<Found[]> {
    const { directory } = this.options;
    const found: Found[] = [];
    for (const name of await readdir(directory)) {
      const parts = this.#name.exec(name);
      if (!parts) continue;
      const position = { offset: Number(parts[1]), cursor: Number(parts[2]) };
      found.push({ path: join(directory, name), position });
    }
    return found.sort((a, b) => comparePositions(b.position, a.position));
  }

  async #remove({ path }: Found, why: string): Promise<void> {
    await rm(path, { force: true });
    this.options.log(`snapshot: ${path} was removed, ${why}`);
  }

  /** The rename itself is on the disk only when the directory is. */
  async #syncDirectory(): Promise<void> {
    const directory = await open(this.options.directory, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}
