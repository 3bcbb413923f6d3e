import type { ReadingMark } from './domain/line-batches.js';
import type { ImportState } from './domain/tables.js';

/** A file as its import stands. Instants in epoch ms. */
export interface ImportFile {
  readonly id: number;
  readonly name: string;
  readonly feed: string;
  readonly bytes: number;
  /** The stamp of the file when it was registered. */
  readonly inode: string;
  readonly registeredAtMs: number;
  readonly state: ImportState;
  readonly sha256: string;
  readonly reason: string;
  readonly atMs: number;
  readonly seq: number;
  readonly mark: ReadingMark;
  readonly counted: number;
  readonly late: number;
  readonly waiting: number;
  readonly duplicate: number;
  readonly rejected: number;
}

/** A line that was refused, as it was. */
export interface RejectedLine {
  readonly lineNo: number;
  readonly code: string;
  readonly message: string;
  readonly raw: Uint8Array;
}

/** What the import has written, read back. */
export interface ImportFileStore {
  /** Newest first, ids below `before`. */
  list(page: { before: number; limit: number }): Promise<ImportFile[]>;
  byId(id: number): Promise<ImportFile | undefined>;
  /** Files that are neither done nor failed, oldest first. */
  unfinished(): Promise<ImportFile[]>;
  /** Files that are done or failed and were registered with one of these stamps, oldest first. */
  ended(stamps: readonly string[]): Promise<ImportFile[]>;
  greatestId(): Promise<number>;
  /** In order of lines, behind the line `after`. */
  rejects(id: number, page: { after: number; limit: number }): Promise<RejectedLine[]>;
}

export const IMPORT_FILE_STORE = Symbol('ImportFileStore');
