import { UsageEvents } from '../../ingest/index.js';
import { Fault, type ColumnBatch } from '../../streaming/index.js';
import { startOfFile } from '../domain/line-batches.js';
import type { ImportState } from '../domain/tables.js';
import { fileRows, progressRows, refusedRows } from '../import-rows.js';
import { KafkaImportJournal, type JournalMessage } from './kafka-import-journal.js';
import { KafkaImportLog } from './kafka-import-log.js';

type Sent = Parameters<ConstructorParameters<typeof KafkaImportLog>[0]['sender']['transact']>[0];

/** Behind all that is done. */
const later = 8;

const undone = (): Fault => new Fault('KAFKA_TRANSACTION_UNDONE', 'Retry', 'it was undone');
const noEvents = new UsageEvents(1);

/** Journal and log of one folder on a topic and a store that are lists in memory. */
class World {
  readonly topic: JournalMessage[] = [];
  readonly done: string[] = [];
  readonly written: string[] = [];
  /** Committed transactions end here for a reader; what is behind is still hidden. */
  stableEnd = Infinity;
  fails: (what: string) => void = () => undefined;
  isFenced = false;

  readonly journal: KafkaImportJournal;
  readonly log: KafkaImportLog;

  constructor(directoryId = 'folder') {
    const sender = {
      fence: () => this.#does('fence', () => (this.isFenced = true)),
      transact: (content: Sent) => this.#does('transact', () => this.#transact(content)),
      close: () => Promise.resolve(void (this.isFenced = false)),
    };
    const rows = {
      write: (batches: readonly ColumnBatch[]) =>
        this.#does(`rows ${batches.map(({ schema }) => schema.name).join()}`, () => undefined),
    };
    const reserveIds = () => Promise.resolve(1);
    this.journal = new KafkaImportJournal({
      ...{ directoryId, log: this.#reader(), sender, rows, reserveIds },
      confirm: () => this.#does('confirm', () => undefined),
      pauseMs: () => Promise.resolve(void (this.stableEnd = Infinity)),
    });
    const topics = { log: 'lines', journal: 'journal' };
    this.log = new KafkaImportLog({
      journal: this.journal,
      sender,
      rows,
      topics,
      encode: () => [],
    });
  }

  #reader() {
    return {
      ends: () => Promise.resolve({ first: 0, next: this.topic.length }),
      fetch: (offset: number) => {
        const stableEnd = Math.min(this.stableEnd, this.topic.length);
        const some = this.topic.slice(offset, Math.min(offset + 2, stableEnd));
        const messages = some.map(({ key, value }) => ({
          ...{ key: Buffer.from(key), value: value === null ? null : Buffer.from(value) },
          ...{ timestampMs: 0, offset: 0, headers: {}, isInTransaction: true },
        }));
        const nextOffset = offset + some.length;
        return Promise.resolve({ messages, nextOffset, stableEnd });
      },
    };
  }

  async #does(what: string, work: () => unknown): Promise<void> {
    await Promise.resolve();
    this.fails(what);
    work();
    if (what !== 'rows ') this.done.push(what);
  }

  #transact({ messages }: Sent): void {
    if (!this.isFenced) throw undone();
    for (const { topic, messages: values } of messages) {
      if (topic === 'journal') this.topic.push(...(values as unknown as JournalMessage[]));
    }
  }
}

const file = (id: number) => ({
  ...{ id, name: `f${id}.csv`, feed: 'default', bytes: 9, inode: `stamp-${id}`, registeredAtMs: 5 },
});

const progress = (fileId: number, lineNo: number, state: ImportState) => {
  const mark = { ...startOfFile, lineNo, lines: lineNo, byteOffset: lineNo * 10 };
  return progressRows([{ fileId, seq: lineNo + 1, mark, state, atMs: 7 }]);
};

const registered = (id: number) => [fileRows([file(id)]), progress(id, 0, 'queued')];

const refused = (fileId: number) => {
  const lines = [{ lineNo: 3, code: 'CDR_LINE_EMPTY', raw: new Uint8Array(0) }];
  return refusedRows(fileId, { refused: lines, events: noEvents, bytes: 0, mark: startOfFile });
};

let world: World;

beforeEach(async () => {
  world = new World();
  await world.journal.takeOver();
  await world.log.append(noEvents, registered(1));
  world.done.length = 0;
});

const standings = async (from: World = world) =>
  (await from.journal.unfinished()).map(({ id, mark, state }) => [id, mark.byteOffset, state]);

it('refused lines are stored before the transaction, what tells of it behind it', async () => {
  await world.log.append(noEvents, [...refused(1), progress(1, 8, 'importing')]);
  expect(world.done).toEqual([
    'rows dead_letter,import_file_count',
    'transact',
    'rows import_progress',
  ]);
});

it.each(['rows dead_letter,import_file_count', 'transact'])(
  'when %s fails, no append behind it is committed before the next fence',
  async (what) => {
    let times = 0;
    world.fails = (done) => {
      if (done === what && times++ === 0) throw undone();
    };
    const first = world.log.append(noEvents, [...refused(1), progress(1, 8, 'importing')]);
    const second = world.log.append(noEvents, [progress(1, 16, 'importing')]);
    await expect(first).rejects.toThrow('undone');
    await expect(second).rejects.toThrow('undone');
    await world.journal.takeOver();
    expect(await standings()).toEqual([[1, 0, 'queued']]);
    await world.log.append(noEvents, [progress(1, 8, 'importing')]);
    expect(await standings()).toEqual([[1, 80, 'importing']]);
  },
);

it('who takes over asks first whether it may, shuts out the others, and then reads', async () => {
  await world.journal.takeOver();
  expect(world.done.slice(0, 2)).toEqual(['confirm', 'fence']);
  world.fails = (what) => {
    if (what === 'confirm') throw undone();
  };
  world.done.length = 0;
  await expect(world.journal.takeOver()).rejects.toThrow('undone');
  expect(world.done).toEqual([]);
});

it('rows that the one before could not write are written at the take-over', async () => {
  world.fails = (what) => {
    if (what === 'rows import_progress') throw undone();
  };
  const append = world.log.append(noEvents, [progress(1, 8, 'done')]);
  await expect(append).rejects.toThrow('undone');
  await world.journal.takeOver();
  expect(world.done.at(-1)).toBe('rows import_file,import_progress');
  const [ended] = await world.journal.ended(['stamp-1'], later);
  expect(ended).toMatchObject({ ...file(1), state: 'done', seq: 9 });
});

it('the journal is read to its end, though a transaction of others hides a part', async () => {
  for (let n = 1; n < 6; n++) await world.log.append(noEvents, [progress(1, n, 'importing')]);
  world.stableEnd = 3;
  await world.journal.takeOver();
  expect(await standings()).toEqual([[1, 50, 'importing']]);
});

it('a file that left the folder is forgotten with the next append', async () => {
  await world.log.append(noEvents, [progress(1, 8, 'done')]);
  world.journal.left(1);
  await world.log.append(noEvents, registered(2));
  expect(world.topic.at(-1)).toEqual({ key: 'folder/1', value: null });
  await world.journal.takeOver();
  expect(await world.journal.ended(['stamp-1'], later)).toEqual([]);
  expect(await standings()).toEqual([[2, 0, 'queued']]);
});

it('one that left unnoticed, before a kill, is forgotten when others are there', async () => {
  await world.log.append(noEvents, [...registered(2), progress(1, 8, 'done')]);
  await world.log.append(noEvents, [progress(2, 8, 'done')]);
  await world.journal.takeOver();
  expect((await world.journal.ended(['stamp-2'], later)).map(({ id }) => id)).toEqual([2]);
  await world.log.append(noEvents, registered(3));
  expect(world.topic.at(-1)).toEqual({ key: 'folder/1', value: null });
});

const recorded = (fileId: number, recordedAtMs: number) => {
  const times = { firstRecordedAtMs: recordedAtMs, lastRecordedAtMs: recordedAtMs };
  const mark = { ...startOfFile, lineNo: 1, lines: 1, byteOffset: 10, ...times };
  return progressRows([{ fileId, seq: 3, mark, state: 'done', atMs: 7 }]);
};

it('one that is done is known for as long as it is asked for', async () => {
  await world.log.append(noEvents, [progress(1, 8, 'done')]);
  await world.journal.takeOver();
  expect((await world.journal.ended([], 7)).map(({ id }) => id)).toEqual([1]);
  await world.log.append(noEvents, registered(2));
  expect((await world.journal.ended([], 8)).map(({ id }) => id)).toEqual([]);
  await world.log.append(noEvents, registered(3));
  expect(world.topic.at(-1)).toEqual({ key: 'folder/1', value: null });
});

it('the latest record of a feed is known also when its file has left', async () => {
  await world.log.append(noEvents, [...registered(2), ...registered(3)]);
  await world.log.append(noEvents, [recorded(1, 500), recorded(2, 900), progress(3, 8, 'done')]);
  for (const id of [1, 2, 3]) world.journal.left(id);
  await world.log.append(noEvents, registered(4));
  await world.journal.takeOver();
  await world.journal.ended([], later);
  await world.log.append(noEvents, registered(5));
  expect(await world.journal.latestOfFeeds()).toEqual(new Map([['default', 900]]));
  await world.log.append(noEvents, [recorded(4, 901)]);
  await world.log.append(noEvents, registered(6));
  expect(world.topic.filter(({ value }) => value === null).map(({ key }) => key)).toEqual([
    'folder/1',
    'folder/3',
    'folder/2',
  ]);
});

it('what another folder has in the topic is not taken for its own', async () => {
  const other = new World('other');
  other.topic.push(...world.topic);
  await other.journal.takeOver();
  expect(await standings(other)).toEqual([]);
});

it('files come back in order of their registration, each as it stands', async () => {
  await world.log.append(noEvents, [...registered(3), ...registered(2)]);
  await world.log.append(noEvents, [progress(2, 8, 'importing')]);
  await world.journal.takeOver();
  expect(await standings()).toEqual([
    [1, 0, 'queued'],
    [2, 80, 'importing'],
    [3, 0, 'queued'],
  ]);
});
