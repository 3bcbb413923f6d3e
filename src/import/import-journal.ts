import type { ReadingMark } from './domain/line-batches.js';
import type { ImportState } from './domain/tables.js';

/** What the import has to know of a file to go on where it stands. Instants in epoch ms. */
export interface JournalFile {
  readonly id: number;
  readonly name: string;
  readonly feed: string;
  readonly bytes: number;
  /** The stamp of the file when it was registered. */
  readonly inode: string;
  readonly registeredAtMs: number;
  readonly state: ImportState;
  readonly reason: string;
  readonly seq: number;
  /** When it was written down that it stands there. */
  readonly atMs: number;
  readonly mark: ReadingMark;
}

/** What the appends of the import have made durable, for the importer to go on from. */
export interface ImportJournal {
  /**
   * Shuts out every earlier importer of the folder, so that what is read next stays true. Called
   * at the start and after every fault, before the other methods.
   */
  takeOver(): Promise<void>;
  /** Files that are neither done nor failed, oldest first. */
  unfinished(): Promise<readonly JournalFile[]>;
  /**
   * Files that are done or failed and were registered with one of these stamps, and those that are
   * done since an instant (epoch ms), oldest first. Others have left.
   */
  ended(stamps: readonly string[], doneSinceMs: number): Promise<readonly JournalFile[]>;
  /** Of each feed the latest record (epoch ms) of its files that are done, where there is one. */
  latestOfFeeds(): Promise<ReadonlyMap<string, number>>;
  /** The first of so many ids in a row that no other file has or gets. */
  reserveIds(count: number): Promise<number>;
  /** The file has ended and is not looked at any more: `ended` need not know it. */
  left(id: number): void;
}
