import type { FileHandle } from 'node:fs/promises';

/** A name in the incoming folder or in a sub-folder (`folder` is empty for the folder itself). */
export interface FoundFile {
  readonly folder: string;
  readonly name: string;
  readonly isRegular: boolean;
  /** A folder in a sub-folder. */
  readonly isFolder?: boolean;
}

/** What tells a file from another of the same name, and how large it is now. */
export interface FileIdentity {
  /** The same as long as it is the same file. */
  readonly inode: string;
  /** Changes too when the file is written, or moved away and back. */
  readonly stamp: string;
  readonly bytes: number;
  /** When it was written, moved or otherwise changed last (epoch ms, by its file system). */
  readonly changedMs: number;
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
  /**
   * By name, then by sub-folder; names that tell of files that are not whole yet are left out.
   * Looks at `all` sub-folders, or only at those that something was told of.
   */
  scan(all?: boolean): Promise<FoundFile[]>;
  /**
   * Whether files, as they were before the call, are known to have come whole: renamed into their
   * place or moved there. False when that is not known.
   */
  cameWhole(): Promise<(file: FoundFile) => boolean>;
  /** What lies there, a link as a link; undefined when nothing does. */
  look(file: FoundFile): Promise<FileIdentity | undefined>;
  /** Never follows a link and never waits for a pipe. */
  open(file: FoundFile): Promise<FileHandle | NotOpened>;
  identity(handle: FileHandle): Promise<FileIdentity>;
  /** Answers where it lies then; undefined when it was not moved. */
  move(file: FoundFile, move: FileMove): Promise<FoundFile | undefined>;
  /** Where the file lies that was moved to done/ from here. */
  findDone(
    file: FoundFile,
    which: { readonly inode: string; readonly id: number },
  ): Promise<FoundFile | undefined>;
}
