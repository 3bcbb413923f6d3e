import type { JournalFile } from './import-journal.js';

/** A file as its import stands, with its book. Instants in epoch ms. */
export interface ImportFile extends JournalFile {
  readonly sha256: string;
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
  /** In order of lines, behind the line `after`. */
  rejects(id: number, page: { after: number; limit: number }): Promise<RejectedLine[]>;
}

export const IMPORT_FILE_STORE = Symbol('ImportFileStore');
