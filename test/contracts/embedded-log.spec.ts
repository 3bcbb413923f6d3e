import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { renameSync } from 'node:fs';
import {
  newDirectory,
  noteRow,
  openEmbedded,
  openNoteDatabase,
  removeDirectory,
  type EmbeddedUnderTest,
} from './embedded-setup.js';
import { noteRowTable, notes, NoteEvents } from './note-events.js';
import { Fault, type Effects, type OutMessage } from '../../src/streaming/index.js';
import { EmbeddedLog } from '../../src/platform/embedded/index.js';
import { batchOf } from '../support/batch-of.js';

const nothing: Effects = { rows: [], messages: [] };
const unstorable: Effects = { rows: [batchOf(noteRowTable, [[0.5, 'x']])], messages: [] };
const at = (offset: number, cursor = 0): { offset: number; cursor: number } => ({ offset, cursor });

const message = (value: string): OutMessage => ({ key: 'k', timestampMs: 1, headers: {}, value });

/** Whether a promise is settled after everything that is under way has had its turn. */
const stateOf = async (promise: Promise<unknown>): Promise<string> => {
  const pending = new Promise<string>((resolve) => setImmediate(() => resolve('pending')));
  const settled = promise.then(
    () => 'resolved',
    (error: { code?: string }) => `rejected ${error.code}`,
  );
  return Promise.race([settled, pending]);
};

describe('EmbeddedLog', () => {
  let test: EmbeddedUnderTest;
  let log: EmbeddedLog<NoteEvents>;
  beforeEach(async () => {
    test = await openEmbedded();
    ({ log } = test);
  });
  afterEach(() => test.dispose());

  const reopen = async (): Promise<void> => {
    test = await test.reopen();
    ({ log } = test);
  };

  const storedNotes = async (): Promise<string[]> => {
    const rows = await test.database.query('SELECT note FROM note_log ORDER BY "offset"');
    return rows.map(({ note }) => String(note));
  };

  it('answers an append only when its events are processed and durable', async () => {
    const appended = log.append(notes('a', 'b'), [noteRow(1, 'of the writer')]);
    await log.read(0);
    expect(await stateOf(appended)).toBe('pending');
    expect(await test.noteRows()).toEqual([]);
    await log.commit(nothing, at(2));
    expect(await appended).toEqual({ firstOffset: 0, nextOffset: 2 });
    expect(await storedNotes()).toEqual(['a', 'b']);
    expect(await test.noteRows()).toEqual(['of the writer']);
  });

  it('hands out one append as it is, without a copy', async () => {
    const events = notes('a');
    void log.append(events).catch(() => undefined);
    expect(await log.read(0)).toBe(events);
  });

  it('hands out small appends together, up to the events of a batch', async () => {
    await test.dispose();
    test = await openEmbedded(newDirectory(), 3);
    ({ log } = test);
    const sizes = [1, 2, 1, 5, 1];
    for (const n of sizes) void log.append(notes(...Array(n).fill('x'))).catch(() => undefined);
    expect(log.queuedEvents).toBe(10);
    const read: number[] = [];
    for (let offset = 0; offset < 10; offset += read.at(-1) ?? 0) {
      read.push((await log.read(offset))?.length ?? 0);
    }
    expect(read).toEqual([3, 1, 5, 1]);
    expect(log.queuedEvents).toBe(0);
  });

  it('answers an append whose batch was cut when its end is reached, not before', async () => {
    const appended = [log.append(notes('a', 'b')), log.append(notes('c', 'd'))];
    await log.read(0);
    await log.commit(nothing, at(1, 5));
    expect(await storedNotes()).toEqual(['a', 'b', 'c', 'd']);
    expect(await Promise.all(appended.map(stateOf))).toEqual(['pending', 'pending']);
    await log.commit(nothing, at(3));
    expect(await Promise.all(appended.map(stateOf))).toEqual(['resolved', 'pending']);
    await log.commit(nothing, at(4));
    expect(await stateOf(appended[1])).toBe('resolved');
    expect(await storedNotes()).toHaveLength(4);
  });

  it('takes the events of a batch only with its own commit while the next is read', async () => {
    const first = log.append(notes('a'));
    await log.read(0);
    const committing = log.commit(nothing, at(1));
    const second = log.append(notes('b'));
    await log.read(1);
    await committing;
    expect(await storedNotes()).toEqual(['a']);
    expect(await Promise.all([first, second].map(stateOf))).toEqual(['resolved', 'pending']);
    await log.commit(nothing, at(2));
    await second;
    expect(await storedNotes()).toEqual(['a', 'b']);
  });

  it('undoes handed out and queued appends at the fence after a commit failed', async () => {
    const first = log.append(notes('a'), [noteRow(1, 'side')]);
    await log.read(0);
    const commit = log.commit(unstorable, at(1));
    const second = log.append(notes('b'));
    await expect(commit).rejects.toMatchObject({ code: 'VALUE_NOT_STORABLE' });
    expect(await Promise.all([first, second].map(stateOf))).toEqual(['pending', 'pending']);
    expect(await log.fence()).toEqual(at(0));
    for (const append of [first, second]) {
      await expect(append).rejects.toMatchObject({ code: 'APPEND_UNDONE', reaction: 'Retry' });
    }
    expect(await storedNotes()).toEqual([]);
    expect(await test.noteRows()).toEqual([]);
    const again = log.append(notes('c'));
    await log.read(0);
    await log.commit(nothing, at(1));
    expect(await again).toEqual({ firstOffset: 0, nextOffset: 1 });
  });

  it('wakes a read that waits when the commit before it fails', async () => {
    const appended = log.append(notes('a'));
    await log.read(0);
    const committing = log.commit(unstorable, at(1));
    const reading = log.read(1);
    await expect(committing).rejects.toBeDefined();
    await expect(reading).rejects.toMatchObject({ code: 'VALUE_NOT_STORABLE' });
    await log.fence();
    await expect(appended).rejects.toMatchObject({ code: 'APPEND_UNDONE' });
  });

  it('keeps queued appends at a fence when nothing was under way', async () => {
    const appended = log.append(notes('a'));
    await log.fence();
    expect((await log.read(0))?.notes).toEqual(['a']);
    await log.commit(nothing, at(1));
    expect(await appended).toEqual({ firstOffset: 0, nextOffset: 1 });
  });

  it('undoes appends that were handed out but never committed', async () => {
    const appended = log.append(notes('a'));
    await log.read(0);
    await log.fence();
    await expect(appended).rejects.toMatchObject({ code: 'APPEND_UNDONE' });
    void log.append(notes('b')).catch(() => undefined);
    await log.read(0);
    await log.commit(nothing, at(1));
    expect(await storedNotes()).toEqual(['b']);
  });

  it('does not undo an append that is durable though not yet processed', async () => {
    const appended = log.append(notes('a', 'b'));
    await log.read(0);
    await log.commit(nothing, at(1));
    await expect(log.commit(unstorable, at(2))).rejects.toBeDefined();
    expect(await log.fence()).toEqual(at(1));
    expect(await stateOf(appended)).toBe('pending');
    expect((await log.read(1))?.notes).toEqual(['b']);
    await log.commit(nothing, at(2));
    expect(await appended).toEqual({ firstOffset: 0, nextOffset: 2 });
    expect(await storedNotes()).toEqual(['a', 'b']);
  });

  it('hands out stored events above the position after a restart, then new ones', async () => {
    void log.append(notes('a', 'b', 'c')).catch(() => undefined);
    await log.read(0);
    await log.commit(nothing, at(1, 2));
    await reopen();
    expect(await log.fence()).toEqual(at(1, 2));
    const appended = log.append(notes('d'));
    expect((await log.read(1))?.notes).toEqual(['b', 'c']);
    await log.commit(nothing, at(3));
    expect((await log.read(3))?.notes).toEqual(['d']);
    await log.commit(nothing, at(4));
    expect(await appended).toEqual({ firstOffset: 3, nextOffset: 4 });
    expect(await storedNotes()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('writes rows that come without events when the task has nothing else to do', async () => {
    const reading = log.read(0);
    expect(await log.append(notes(), [noteRow(1, 'alone')])).toEqual({
      firstOffset: 0,
      nextOffset: 0,
    });
    expect(await test.noteRows()).toEqual(['alone']);
    void log.append(notes('a')).catch(() => undefined);
    expect((await reading)?.notes).toEqual(['a']);
    expect(await log.fence()).toEqual(at(0));
  });

  it('writes rows without events only after the appends before them', async () => {
    const first = log.append(notes('a'));
    const second = log.append(notes(), [noteRow(1, 'after a')]);
    await log.read(0);
    expect(await test.noteRows()).toEqual([]);
    await log.commit(nothing, at(1));
    await Promise.all([first, second]);
    expect(await test.noteRows()).toEqual(['after a']);
  });

  it('numbers messages from 0 without gaps over restarts and failed commits', async () => {
    void log.append(notes('a', 'b')).catch(() => undefined);
    await log.read(0);
    await log.commit({ rows: [], messages: [message('x'), message('y')] }, at(1));
    const failing = log.commit({ ...unstorable, messages: [message('lost')] }, at(2));
    await expect(failing).rejects.toBeDefined();
    await reopen();
    await log.fence();
    await log.read(1);
    await log.commit({ rows: [], messages: [message('z')] }, at(2));
    const stored = await log.messages(0, 10);
    expect(stored.map(({ offset, value }) => `${offset} ${value}`)).toEqual(['0 x', '1 y', '2 z']);
    expect((await log.messages(1, 1)).map(({ value }) => value)).toEqual(['y']);
    expect(log.nextMessageOffset).toBe(3);
  });

  it('tells listeners about messages once they can be read, and only then', async () => {
    const seen: Promise<number>[] = [];
    const stop = log.onMessages(() => seen.push(log.messages(0, 10).then(({ length }) => length)));
    void log.append(notes('a', 'b', 'c')).catch(() => undefined);
    await log.read(0);
    await log.commit(nothing, at(1));
    await log.commit({ rows: [], messages: [message('x')] }, at(2));
    expect(await Promise.all(seen)).toEqual([1]);
    stop();
    await log.commit({ rows: [], messages: [message('y')] }, at(3));
    expect(seen).toHaveLength(1);
  });

  it('hands out what is queued before it says that it is closed', async () => {
    const appended = log.append(notes('a'));
    log.close();
    expect((await log.read(0))?.notes).toEqual(['a']);
    await log.commit(nothing, at(1));
    await appended;
    expect(await log.read(1)).toBeUndefined();
  });

  it('leaves no append without an answer when the task ends', async () => {
    const durable = log.append(notes('a', 'b'));
    await log.read(0);
    await log.commit(nothing, at(1));
    const queued = log.append(notes('c'));
    await log.abandon();
    await expect(durable).resolves.toEqual({ firstOffset: 0, nextOffset: 2 });
    await expect(queued).rejects.toMatchObject({ code: 'APPEND_UNDONE' });
    await expect(log.append(notes('d'))).rejects.toMatchObject({ code: 'LOG_CLOSED' });
  });

  it('keeps one row of the position after it is opened', async () => {
    for (let offset = 1; offset <= 5; offset++) {
      void log.append(notes('x')).catch(() => undefined);
      await log.read(offset - 1);
      await log.commit(nothing, at(offset));
    }
    await reopen();
    expect(await test.database.query('SELECT * FROM position')).toEqual([
      { seq: 5, offset: 5, cursor: 0, next_message_offset: 0 },
    ]);
    expect(await log.fence()).toEqual(at(5));
  });

  it('passes the four named moments of a commit in order', async () => {
    const points: unknown[] = [];
    const listen = (point: unknown): void => void points.push(point);
    subscribe('overage:crash-point', listen);
    await log.commit(nothing, at(0, 1));
    unsubscribe('overage:crash-point', listen);
    expect(points).toEqual([
      'commit.begun',
      'commit.rows-written',
      'commit.before-commit',
      'commit.committed',
    ]);
  });

  it('says that the log is corrupt when events within it are missing', async () => {
    void log.append(notes('a', 'b', 'c')).catch(() => undefined);
    await log.read(0);
    await log.commit(nothing, at(1));
    await test.database.execute('DELETE FROM note_log WHERE "offset" = 1');
    await log.fence();
    const missing = { code: 'LOG_EVENTS_MISSING', reaction: 'StateCorrupt', facts: { offset: 1 } };
    await expect(log.read(1)).rejects.toMatchObject(missing);
    await expect(log.stored(0, 3).next()).rejects.toMatchObject(missing);
  });

  it('answers an append as done whose commit is durable though it failed', async () => {
    const { database } = test;
    const transaction = database.transaction.bind(database);
    database.transaction = async (batches) => {
      await transaction(batches);
      throw new Fault('STORE_WRITE_FAILED', 'Retry', 'the fold behind the commit failed');
    };
    const durable = log.append(notes('a'));
    await log.read(0);
    const committing = log.commit(nothing, at(1));
    const undone = log.append(notes('b'));
    await expect(committing).rejects.toThrow('the fold behind the commit failed');
    database.transaction = transaction;
    expect(await log.fence()).toEqual(at(1));
    expect(await durable).toEqual({ firstOffset: 0, nextOffset: 1 });
    await expect(undone).rejects.toMatchObject({ code: 'APPEND_UNDONE' });
    expect(await storedNotes()).toEqual(['a']);
  });

  it('goes on after an error that ends the store, from what is on the disk', async () => {
    void log.append(notes('a')).catch(() => undefined);
    await log.read(0);
    await log.commit(nothing, at(1));
    const { database } = test;
    const transaction = database.transaction.bind(database);
    database.transaction = () =>
      Promise.reject(new Error('FATAL Error: database has been invalidated'));
    await expect(log.commit(nothing, at(1, 1))).rejects.toThrow('FATAL');
    database.transaction = transaction;
    expect(await log.fence()).toEqual(at(1));
  });

  it('reads no more and writes no more once the store is found to be damaged', async () => {
    const reading = log.read(0);
    renameSync(`${test.path}`, `${test.path}.away`);
    const appended = log.append(notes(), [noteRow(1, 'a')]);
    const removed = { code: 'STORE_REMOVED', reaction: 'StateCorrupt' };
    await expect(reading).rejects.toMatchObject(removed);
    await expect(log.commit(nothing, at(0))).rejects.toMatchObject(removed);
    await log.abandon();
    await expect(appended).rejects.toMatchObject({ code: 'APPEND_UNDONE' });
  });

  it('keeps few positions however many commits there are, the last one in force', async () => {
    const trimmed = await EmbeddedLog.open(test.database, NoteEvents, { trimEveryCommits: 5 });
    const counts: number[] = [];
    for (let offset = 0; offset < 23; offset++) {
      const appended = trimmed.append(notes(`n${offset}`));
      await trimmed.read(offset);
      await trimmed.commit(nothing, at(offset + 1));
      await appended;
      const [{ n }] = await test.database.own.query('SELECT count(*) AS n FROM position');
      counts.push(Number(n));
    }
    expect(Math.max(...counts)).toBeLessThanOrEqual(5);
    expect(await trimmed.fence()).toEqual(at(23));
    await reopen();
    expect(await log.fence()).toEqual(at(23));
    expect(await storedNotes()).toHaveLength(23);
  });

  it('says behind each commit how far the log is, and never before', async () => {
    const told: number[] = [];
    const onCommitted = (logEnd: number): void => void told.push(logEnd);
    const telling = await EmbeddedLog.open(test.database, NoteEvents, { onCommitted });
    for (let offset = 0; offset < 3; offset++) {
      void telling.append(notes('n'));
      await telling.read(offset);
      expect(told).toHaveLength(offset);
      await telling.commit(nothing, at(offset + 1));
    }
    expect(told).toEqual([1, 2, 3]);
    await expect(telling.commit(unstorable, at(4))).rejects.toThrow();
    expect(told).toEqual([1, 2, 3]);
  });
});

describe('a log opened twice over the same tables', () => {
  it('starts at the end of what is stored', async () => {
    const directory = newDirectory();
    const database = await openNoteDatabase(directory);
    const log = await EmbeddedLog.open(database, NoteEvents);
    void log.append(notes('a', 'b')).catch(() => undefined);
    await log.read(0);
    await log.commit(nothing, at(2));
    const again = await EmbeddedLog.open(database, NoteEvents);
    expect(again.end).toBe(2);
    await database.close();
    removeDirectory(directory);
  });
});
