import { columns, type LogEvents, type TableSchema } from '../../src/streaming/index.js';

/** The smallest log events with a payload: what the contracts of the log are tried with. */
export class NoteEvents
  extends columns('note_log', {
    offsets: ['offset', 'bigint'],
    types: ['type', 'tinyint'],
    keys: ['key', 'bigint'],
    timestampsMs: ['timestamp', 'bigint'],
    notes: ['note', 'text'],
  })
  implements LogEvents
{
  push(event: { type?: number; key?: number; timestampMs?: number; note: string }): void {
    const at = this.reserve();
    this.types[at] = event.type ?? 0;
    this.keys[at] = event.key ?? 0;
    this.timestampsMs[at] = event.timestampMs ?? 0;
    this.notes[at] = event.note;
    this.length++;
  }
}

export const notes = (...texts: string[]): NoteEvents => {
  const events = new NoteEvents();
  for (const note of texts) events.push({ note });
  return events;
};

/** Rows a commit writes in the contracts: one text a row. */
export const noteRowTable: TableSchema = {
  name: 'note_row',
  columns: [
    { name: 'id', kind: 'bigint' },
    { name: 'note', kind: 'text' },
  ],
};
