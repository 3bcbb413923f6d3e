import { bookRows, deadLetterRows, eventTypes, type UsageEvents } from '../ingest/index.js';
import { rowsFrom, type ColumnBatch, type FeedProgress } from '../streaming/index.js';
import { timeErrors } from '../values/index.js';
import type { LineBatch, ReadingMark } from './domain/line-batches.js';
import {
  ImportFileRows,
  ImportProgressRows,
  importStates,
  type ImportState,
} from './domain/tables.js';
import { importErrors, type ImportCode } from './errors.js';
import type { JournalFile } from './import-journal.js';

/** Where the import of a file stands at a moment (epoch ms). */
export interface ImportStanding {
  readonly seq: number;
  readonly mark: ReadingMark;
  readonly state: ImportState;
  readonly reason?: ImportCode;
  readonly sha256?: string;
  readonly atMs: number;
}

/** A row of import_file for each of the files. */
export const fileRows = (
  files: readonly Pick<
    JournalFile,
    'id' | 'name' | 'feed' | 'bytes' | 'inode' | 'registeredAtMs'
  >[],
): ImportFileRows =>
  rowsFrom(ImportFileRows, files, {
    ids: ({ id }) => id,
    names: ({ name }) => name,
    feeds: ({ feed }) => feed,
    bytes: ({ bytes }) => bytes,
    inodes: ({ inode }) => inode,
    registeredAtMs: ({ registeredAtMs }) => registeredAtMs,
  });

/** A row of import_progress for each of the files. */
export const progressRows = (
  standings: readonly (ImportStanding & { readonly fileId: number })[],
): ImportProgressRows =>
  rowsFrom(ImportProgressRows, standings, {
    fileIds: ({ fileId }) => fileId,
    seqs: ({ seq }) => seq,
    byteOffsets: ({ mark }) => mark.byteOffset,
    lineNos: ({ mark }) => mark.lineNo,
    lines: ({ mark }) => mark.lines,
    firstRecordedAtMs: ({ mark }) => mark.firstRecordedAtMs,
    lastRecordedAtMs: ({ mark }) => mark.lastRecordedAtMs,
    states: ({ state }) => importStates.indexOf(state),
    sha256s: ({ sha256 = '' }) => sha256,
    reasons: ({ reason = '' }) => reason,
    atMs: ({ atMs }) => atMs,
  });

const codes: Readonly<Record<string, { meaning: string }>> = { ...timeErrors, ...importErrors };

/** Dead letters of the refused lines of a batch, and their share of the book of the file. */
export const refusedRows = (fileId: number, { refused }: LineBatch): ColumnBatch[] => {
  if (refused.length === 0) return [];
  const letters = refused.map(({ lineNo, code, raw }) => {
    return { offset: -1, fileId, lineNo, code, message: codes[code].meaning, raw };
  });
  return [deadLetterRows(letters), bookRows([[fileId, { rejected: refused.length }]])];
};

/** Adds an event with the progress of a feed, and its allowed out-of-orderness. */
export const pushFeedEvent = (
  events: UsageEvents,
  progress: FeedProgress,
  maxOutOfOrdernessMs: number,
): void => {
  events.pushControl(eventTypes.feed, {
    msisdn: 0,
    timestampMs: progress.completeThroughMs ?? 0,
    payload: JSON.stringify({ ...progress, maxOutOfOrdernessMs }),
  });
};
