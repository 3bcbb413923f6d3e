import {
  deadLetterTable,
  eventTypes,
  importFileCountTable,
  type UsageEvents,
} from '../ingest/index.js';
import { batchOf, timeErrors, type ColumnBatch, type FeedProgress } from '../streaming/index.js';
import type { LineBatch, ReadingMark } from './domain/line-batches.js';
import {
  importFileTable,
  importProgressTable,
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
): ColumnBatch =>
  batchOf(
    importFileTable,
    files.map(({ id, name, feed, bytes, inode, registeredAtMs }) => {
      return [id, name, feed, bytes, inode, registeredAtMs];
    }),
  );

/** A row of import_progress for each of the files. */
export const progressRows = (
  standings: readonly (ImportStanding & { readonly fileId: number })[],
): ColumnBatch =>
  batchOf(
    importProgressTable,
    standings.map(({ fileId, seq, mark, state, reason = '', sha256 = '', atMs }) => {
      const { byteOffset, lineNo, lines, firstRecordedAtMs, lastRecordedAtMs } = mark;
      const times = [firstRecordedAtMs, lastRecordedAtMs];
      const code = importStates.indexOf(state);
      return [fileId, seq, byteOffset, lineNo, lines, ...times, code, sha256, reason, atMs];
    }),
  );

const codes: Readonly<Record<string, { meaning: string }>> = { ...timeErrors, ...importErrors };

/** Dead letters of the refused lines of a batch, and their share of the book of the file. */
export const refusedRows = (fileId: number, { refused }: LineBatch): ColumnBatch[] => {
  if (refused.length === 0) return [];
  const letters = refused.map(({ lineNo, code, raw }) => {
    return [-1, fileId, lineNo, code, codes[code].meaning, raw];
  });
  const counts = [fileId, 0, 0, 0, 0, refused.length];
  return [batchOf(deadLetterTable, letters), batchOf(importFileCountTable, [counts])];
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
