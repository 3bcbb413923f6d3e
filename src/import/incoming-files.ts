import type { FileHandle } from 'node:fs/promises';

/** A name in the incoming folder or in a sub-folder (`folder` is empty for the folder itself). */
export interface FoundFile {
  readonly folder: string;
  readonly name: string;
  readonly isRegular: boolean;
}

/** What tells a file from another of the same name, and how large it is now. */
export interface FileIdentity {
  /** The same as long as it is the same file. */
  readonly inode: string;
  /** Changes too when the file is written, or moved away and back. */
  readonly stamp: string;
  readonly bytes: number;
}

/** Why a file cannot be read. */
export type NotOpened = 'gone' | 'not-regular' | 'unreadable';

/** Where a file goes to; nothing is moved when another file (another inode) took its place. */
export interface FileMove {
  readonly to: 'done' | 'failed';
  readonly inode: string;
  /** Part of the new name when the old one is taken. */
  readonly id: number;
  /** Written beside the file, as `<name>.reason.txt`. */
  readonly reason?: string;
}

/** The folder files are dropped into. */
export interface IncomingFiles {
  /** Makes the folder when it is missing and calls back when something changed in it. */
  watch(onChange: () => void): Promise<void>;
  close(): void;
  /** By name, then by sub-folder; names that begin with tmp, `.` or `_` are left out. */
  scan(): Promise<FoundFile[]>;
  /** What lies there, a link as a link; undefined when nothing does. */
  look(file: FoundFile): Promise<FileIdentity | undefined>;
  /** Never follows a link and never waits for a pipe. */
  open(file: FoundFile): Promise<FileHandle | NotOpened>;
  identity(handle: FileHandle): Promise<FileIdentity>;
  move(file: FoundFile, move: FileMove): Promise<void>;
}
