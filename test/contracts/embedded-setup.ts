import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedDatabase, EmbeddedLog } from '../../src/platform/embedded/index.js';
import type { OutMessage } from '../../src/streaming/index.js';
import type { CommitPointUnderTest } from './commit-point.contract.js';
import { NoteEvents, noteRowTable } from './note-events.js';
import { batchOf } from '../support/batch-of.js';

export const newDirectory = (): string => mkdtempSync(join(tmpdir(), 'overage-'));

export const removeDirectory = (directory: string): void =>
  rmSync(directory, { recursive: true, force: true });

export const openNoteDatabase = (directory: string, lines: string[] = []) =>
  EmbeddedDatabase.open({
    path: join(directory, 'overage.duckdb'),
    tables: [...EmbeddedLog.tables(NoteEvents), noteRowTable],
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
  const log = await EmbeddedLog.open(database, NoteEvents, { batchEvents, storedBatchEvents: 7 });
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
