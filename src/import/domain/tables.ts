import type { TableSchema } from '../../streaming/index.js';

/** Where the import of a file stands; the order is the code kept in the store. */
export const importStates = ['queued', 'importing', 'done', 'failed'] as const;
export type ImportState = (typeof importStates)[number];

/** A file that was found: one row, written once. */
export const importFileTable: TableSchema = {
  name: 'import_file',
  columns: [
    { name: 'id', kind: 'integer' },
    { name: 'name', kind: 'text' },
    { name: 'feed', kind: 'text' },
    { name: 'bytes', kind: 'bigint' },
    { name: 'inode', kind: 'text' }, // tells a file that is there again from one not moved yet
    { name: 'registered_at', kind: 'bigint' }, // epoch ms
  ],
};

/** How far a file was read; the row with the greatest seq of a file is in force. */
export const importProgressTable: TableSchema = {
  name: 'import_progress',
  columns: [
    { name: 'file_id', kind: 'integer' },
    { name: 'seq', kind: 'bigint' }, // rises within a file: lines read, then the end
    { name: 'byte_offset', kind: 'bigint' }, // of unpacked bytes, at the end of a line
    { name: 'line_no', kind: 'integer' },
    { name: 'lines', kind: 'integer' }, // without notes
    { name: 'first_recorded_at', kind: 'bigint' }, // epoch ms; first > last: no record yet
    { name: 'last_recorded_at', kind: 'bigint' },
    { name: 'state', kind: 'tinyint' }, // index in importStates
    { name: 'sha256', kind: 'text' },
    { name: 'reason', kind: 'text' },
    { name: 'at', kind: 'bigint' },
  ],
};
