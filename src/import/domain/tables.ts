import { columns } from '../../streaming/index.js';

/** Where the import of a file stands; the order is the code kept in the store. */
export const importStates = ['queued', 'importing', 'done', 'failed'] as const;
export type ImportState = (typeof importStates)[number];

/** A file that was found: one row, written once. */
export class ImportFileRows extends columns('import_file', {
  ids: ['id', 'integer'],
  names: ['name', 'text'],
  feeds: ['feed', 'text'],
  bytes: ['bytes', 'bigint'],
  inodes: ['inode', 'text'], // tells a file that is there again from one not moved yet
  registeredAtMs: ['registered_at', 'bigint'], // epoch ms
}) {}

/** How far a file was read; the row with the greatest seq of a file is in force. */
export class ImportProgressRows extends columns('import_progress', {
  fileIds: ['file_id', 'integer'],
  seqs: ['seq', 'bigint'], // rises within a file: lines read, then the end
  byteOffsets: ['byte_offset', 'bigint'], // of unpacked bytes, at the end of a line
  lineNos: ['line_no', 'integer'],
  lines: ['lines', 'integer'], // without notes
  firstRecordedAtMs: ['first_recorded_at', 'bigint'], // epoch ms; first > last: no record yet
  lastRecordedAtMs: ['last_recorded_at', 'bigint'],
  states: ['state', 'tinyint'], // index in importStates
  sha256s: ['sha256', 'text'],
  reasons: ['reason', 'text'],
  atMs: ['at', 'bigint'],
}) {}
