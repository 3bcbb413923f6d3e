import type { FileHandle } from 'node:fs/promises';

/** A name in the incoming folder or in a sub-folder (`folder` is empty for the folder itself). */
export interface FoundFile {
  readonly folder: string;
  readonly name: string;
  readonly isRegular: boolean;
}

/** The folder files are dropped into. */
export interface IncomingFiles {
  /** Makes the folder when it is missing and calls back when something changed in it. */
  watch(onChange: () => void): Promise<void>;
  close(): void;
  /** By name, then by sub-folder; names that begin with tmp, `.` or `_` are left out. */
  scan(): Promise<FoundFile[]>;
  /** Undefined when it is no regular file; never follows a link and never waits for a pipe. */
  open(file: FoundFile): Promise<FileHandle | undefined>;
  /** What tells a file from another of the same name, and how large it is now. */
  identity(handle: FileHandle): Promise<{ inode: string; bytes: number }>;
  /** A reason is written beside the file, as `<name>.reason.txt`. */
  move(file: FoundFile, to: 'done' | 'failed', reason?: string): Promise<void>;
}
