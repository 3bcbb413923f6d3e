import { grown, type LogEvents, type TableSchema } from '../../src/streaming/index.js';

/** The smallest log events with a payload: what the contracts of the log are tried with. */
export class NoteEvents implements LogEvents {
  length = 0;
  offsets: Float64Array;
  types: Uint8Array;
  keys: Float64Array;
  timestampsMs: Float64Array;
  readonly notes: string[] = [];

  constructor(capacity = 4) {
    this.offsets = new Float64Array(capacity);
    this.types = new Uint8Array(capacity);
    this.keys = new Float64Array(capacity);
    this.timestampsMs = new Float64Array(capacity);
  }

  push(event: { type?: number; key?: number; timestampMs?: number; note: string }): void {
    this.reserve(this.length + 1);
    this.types[this.length] = event.type ?? 0;
    this.keys[this.length] = event.key ?? 0;
    this.timestampsMs[this.length] = event.timestampMs ?? 0;
    this.notes.push(event.note);
    this.length++;
  }

  pushAll(other: NoteEvents): void {
    this.reserve(this.length + other.length);
    for (const name of ['offsets', 'keys', 'timestampsMs'] as const) {
      this[name].set(other[name].subarray(0, other.length), this.length);
    }
    this.types.set(other.types.subarray(0, other.length), this.length);
    this.notes.push(...other.notes);
    this.length += other.length;
  }

  private reserve(length: number): void {
    const capacity = Math.max(length, this.offsets.length * 2);
    if (length <= this.offsets.length) return;
    this.offsets = grown(this.offsets, capacity);
    this.types = grown(this.types, capacity);
    this.keys = grown(this.keys, capacity);
    this.timestampsMs = grown(this.timestampsMs, capacity);
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
