import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedDatabase, EmbeddedLog, type LogCodec } from '../../src/platform/embedded/index.js';
import { batchOf, type OutMessage, type TableSchema } from '../../src/streaming/index.js';
import type { CommitPointUnderTest } from './commit-point.contract.js';
import { NoteEvents, noteRowTable } from './note-events.js';

export const newDirectory = (): string => mkdtempSync(join(tmpdir(), 'overage-'));

export const removeDirectory = (directory: string): void =>
  rmSync(directory, { recursive: true, force: true });

export const noteLogTable: TableSchema = {
  name: 'note_log',
  columns: [
    { name: 'offset', kind: 'bigint' },
    { name: 'type', kind: 'tinyint' },
    { name: 'key', kind: 'bigint' },
    { name: 'timestamp', kind: 'bigint' },
    { name: 'note', kind: 'text' },
  ],
};

export const noteCodec: LogCodec<NoteEvents> = {
  table: noteLogTable,
  newBatch: (capacity) => new NoteEvents(capacity),
  pushAll: (into, from) => into.pushAll(from),
  toColumns: (events) => {
    const { offsets, types, keys, timestampsMs, notes, length } = events;
    const columns = [offsets, types, keys, timestampsMs, notes];
    return { schema: noteLogTable, length, column: (index) => columns[index] };
  },
  fromColumns: (batch) => {
    const events = new NoteEvents(batch.length);
    events.length = batch.length;
    events.offsets = batch.column(0) as Float64Array;
    events.types = batch.column(1) as Uint8Array;
    events.keys = batch.column(2) as Float64Array;
    events.timestampsMs = batch.column(3) as Float64Array;
    for (const note of batch.column(4) as string[]) events.notes.push(note);
    return events;
  },
};

export const openNoteDatabase = (directory: string, lines: string[] = []) =>
  EmbeddedDatabase.open({
    path: join(directory, 'overage.duckdb'),
    tables: [...EmbeddedLog.tables(noteCodec), noteRowTable],
    log: (line) => lines.push(line),
  });

export const noteRow = (id: number, note: string) => batchOf(noteRowTable, [[id, note]]);

export interface EmbeddedUnderTest extends CommitPointUnderTest {
  readonly log: EmbeddedLog<NoteEvents>;
  readonly database: EmbeddedDatabase;
  /** The file of the store. */
  readonly path: string;
  reopen(): Promise<EmbeddedUnderTest>;
}

/** The embedded log over a real file in a directory of its own. */
export const openEmbedded = async (
  directory = newDirectory(),
  batchEvents?: number,
): Promise<EmbeddedUnderTest> => {
  const database = await openNoteDatabase(directory);
  const log = await EmbeddedLog.open(database, noteCodec, { batchEvents, storedBatchEvents: 7 });
  const end = async (): Promise<void> => {
    await log.abandon();
    await database.close();
  };
  return {
    log,
    database,
    path: join(directory, 'overage.duckdb'),
    commitPoint: log,
    rowsFirst: false,
    noteRows: async () => {
      const rows = await database.query('SELECT note FROM note_row ORDER BY id');
      return rows.map(({ note }) => String(note));
    },
    messages: async (): Promise<OutMessage[]> => {
      const stored = await log.messages(0, 1000);
      return stored.map(({ offset: _offset, ...message }) => message);
    },
    reopen: async () => {
      await end();
      return openEmbedded(directory, batchEvents);
    },
    dispose: async () => {
      await end();
      removeDirectory(directory);
    },
  };
};
