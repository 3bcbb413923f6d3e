import { startOfFile, type ReadingMark } from './domain/line-batches.js';
import { importErrors, type ImportCode } from './errors.js';
import type { JournalFile } from './import-journal.js';
import { fileRows, progressRows } from './import-rows.js';
import type { FileMove, FoundFile } from './incoming-files.js';

/** Feed of the files that lie in the incoming folder itself. */
export const defaultFeed = 'default';

/** What the import needs to know of a file. */
export interface FileToRead extends Pick<
  JournalFile,
  'id' | 'name' | 'feed' | 'bytes' | 'inode' | 'registeredAtMs'
> {
  /** Where reading goes on. */
  readonly mark: ReadingMark;
  /** FILE_GREW once it grew behind what was read of it. */
  readonly reason: string;
  /** Of what was written down last about it. */
  seq: number;
}

/** A registered file in its place. */
export interface QueuedFile {
  readonly found: FoundFile;
  readonly file: FileToRead;
  /** Whether it is durable that this file has this id. */
  readonly isRegistered: boolean;
}

/** How the import of a file ended. */
export type FileEnd =
  { readonly state: 'done' } | { readonly state: 'failed'; readonly reason: ImportCode };

export interface Place extends QueuedFile {
  readonly feed: string;
  file: FileToRead;
  orderMs: number;
  boundMs: number;
  /** Whether its first lines were looked at, or need not be. */
  isKnown: boolean;
  isRegistered: boolean;
  /** Set once the import has ended: the file only has to be moved away. */
  end?: FileEnd;
  /** How much of it was read then. */
  bytesRead?: number;
  isMoving?: boolean;
  isStuck?: boolean;
}

/** Its end is durable, and nobody moves it yet. */
export const isToBeMoved = ({ end, isRegistered, isMoving }: Place): boolean =>
  end !== undefined && isRegistered && isMoving !== true;

/** The feed of the files in a folder. */
export const feedOf = ({ folder }: FoundFile): string => (folder === '' ? defaultFeed : folder);
/** Names a file in the journal: one at a time lies in the folder. */
export const keyOf = ({ feed, name }: { feed: string; name: string }): string => `${feed}/${name}`;

/** The inode in the stamp of a registered file. */
export const inodeOf = (stamp: string): string => stamp.split('-', 1)[0];

/** What was begun goes on first. */
export const newPlace = (found: FoundFile, file: FileToRead): Place => ({
  ...{ found, file, feed: file.feed, isRegistered: false },
  ...{ orderMs: -Infinity, boundMs: -Infinity, isKnown: file.mark.lineNo > 0 },
});

/** Where a file goes whose import has ended. */
export const moveOf = ({ id, inode: stamp }: FileToRead, end: FileEnd): FileMove => {
  const inode = inodeOf(stamp);
  if (end.state === 'done') return { to: 'done', inode, id };
  const { meaning, next } = importErrors[end.reason];
  return { to: 'failed', inode, id, reason: `${end.reason}: ${meaning} ${next}` };
};

/** How the import of a file ended, by the journal. */
export const endOf = ({ state, reason }: JournalFile): FileEnd =>
  state === 'done' ? { state } : { state: 'failed', reason: reason as ImportCode };

/** What is written down of new files. */
export const registrationRows = (places: readonly Place[], atMs: number) => [
  fileRows(places.map(({ file }) => file)),
  progressRows(
    places.map(({ file, end = { state: 'queued' } }) => {
      return { fileId: file.id, seq: 0, mark: startOfFile, atMs, ...end };
    }),
  ),
];

/** So many bytes of a file in the journal were read; of a packed one it tells the unpacked ones. */
export const bytesReadOf = ({ name, bytes, mark }: FileToRead): number =>
  isPacked(name) ? bytes : Math.max(mark.byteOffset, 0);

/** True for a name that says that the file is packed. */
export const isPacked = (name: string): boolean => name.endsWith('.gz');

/** It stays where it is: it was done before it grew. */
export const isInDone = ({ folder }: FoundFile): boolean =>
  folder === 'done' || folder.startsWith('done/');

/** A file of a feed as it lies in the folder, or would. */
export const inFeed = (feed: string, name: string): FoundFile => ({
  ...{ folder: feed === defaultFeed ? '' : feed, name, isRegular: true },
});

/** What `keyOf` takes. */
export const keyOfFound = (found: FoundFile) => ({ feed: feedOf(found), name: found.name });

/** How far a file was read. */
export interface FileRead {
  readonly mark: ReadingMark;
  readonly bytes: number;
}
