import type { FileIdentity, FoundFile } from './incoming-files.js';
import { inodeOf, type FileToRead } from './queued-file.js';

/** How long a file that is done is looked at, as somebody may still write it. */
export const watchedForMs = 3_600_000;
/** Of those at most so many, the newest. */
export const watchedAtMost = 20_000;
const leastWaitMs = 1000;
const looksAtOnce = 32;

/** A file that was read to the end it had then. */
export interface EndedFile {
  readonly file: FileToRead;
  /** Where it lies; undefined while nobody looked. */
  readonly found: FoundFile | undefined;
  readonly bytesRead: number;
  /** False for one that grew while it was read. */
  readonly isDone: boolean;
  readonly endedAtMs: number;
  /** Once it has grown: its stamp as it was seen last. */
  readonly grownStamp?: string;
}

interface Due {
  readonly ended: EndedFile;
  readonly dueMs: number;
}

/** What becomes of them. */
export interface EndedFilesPorts {
  readonly look: (file: FoundFile) => Promise<FileIdentity | undefined>;
  readonly find: (file: FileToRead) => Promise<FoundFile | undefined>;
  readonly now: () => number;
  readonly quietPeriodMs: number;
  /** It is longer than what was read of it; told once a time. */
  readonly onGrown: (file: FileToRead) => void;
  /** It has grown and is quiet again: there is more to read. */
  readonly onMore: (ended: EndedFile & { readonly found: FoundFile }) => void;
  /** It is not there, or not looked at any more. */
  readonly onLeft: (ended: EndedFile) => void;
}

/**
 * Looks whether files grow behind their end: a writer may have paused for longer than the quiet
 * period. The pauses between two looks double, so a file costs a dozen looks within its hour.
 */
export class EndedFiles {
  /** By how often they were looked at; each in order of what is due. */
  readonly #levels: Due[][] = [];
  #size = 0;

  constructor(private readonly ports: EndedFilesPorts) {}

  /** When the next look is due (epoch ms), to the second; Infinity without any. */
  get dueMs(): number {
    let dueMs = Infinity;
    for (const level of this.#levels) dueMs = Math.min(dueMs, level.at(0)?.dueMs ?? Infinity);
    return Math.ceil(dueMs / leastWaitMs) * leastWaitMs;
  }

  clear(): void {
    this.#levels.length = 0;
    this.#size = 0;
  }

  add(ended: EndedFile): void {
    if (this.#size >= watchedAtMost) this.#dropOldest();
    this.#put(ended, 0);
  }

  /** Looks at those that are due. */
  async look(): Promise<void> {
    const nowMs = this.ports.now();
    for (let level = this.#levels.length - 1; level >= 0; level--) {
      const files = this.#levels[level];
      for (;;) {
        const later = files.findIndex(({ dueMs }) => dueMs > nowMs);
        const due = files.splice(0, Math.min(later < 0 ? files.length : later, looksAtOnce));
        if (due.length === 0) break;
        this.#size -= due.length;
        await Promise.all(due.map(({ ended }) => this.#lookAt(ended, level)));
      }
    }
  }

  #put(ended: EndedFile, level: number): void {
    while (this.#levels.length <= level) this.#levels.push([]);
    const waitMs = Math.max(leastWaitMs, this.ports.quietPeriodMs) * 2 ** level;
    this.#levels[level].push({ ended, dueMs: this.ports.now() + waitMs });
    this.#size++;
  }

  async #lookAt(ended: EndedFile, level: number): Promise<void> {
    const { look, find, now, onLeft } = this.ports;
    const found = ended.found ?? (await find(ended.file));
    const identity = found && (await look(found));
    const isThere = identity?.inode === inodeOf(ended.file.inode);
    if (found === undefined || identity === undefined || !isThere) return onLeft(ended);
    const seen = { ...ended, found };
    if (ended.grownStamp !== undefined || identity.bytes > ended.bytesRead) {
      return this.#hasGrown(seen, identity.stamp);
    }
    if (now() - ended.endedAtMs >= watchedForMs) return onLeft(ended);
    this.#put(seen, level + 1);
  }

  /** It is read on once it was not changed between two looks. */
  #hasGrown(ended: EndedFile & { readonly found: FoundFile }, stamp: string): void {
    if (stamp === ended.grownStamp) return this.ports.onMore(ended);
    if (ended.grownStamp === undefined) this.ports.onGrown(ended.file);
    this.#put({ ...ended, grownStamp: stamp }, 0);
  }

  #dropOldest(): void {
    const oldest = this.#levels.findLast((level) => level.length > 0)?.shift();
    if (oldest === undefined) return;
    this.#size--;
    this.ports.onLeft(oldest.ended);
  }
}
