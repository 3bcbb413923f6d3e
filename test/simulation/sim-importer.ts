import { DeadLetterRows } from '../../src/ingest/index.js';
import {
  LineBatches,
  startOfFile,
  type LineBatch,
  type ReadingMark,
} from '../../src/import/domain/line-batches.js';
import { Fault } from '../../src/streaming/index.js';
import type { Unplaced } from '../support/builders.js';
import { writeRows } from './cassandra-clients.js';
import {
  askKafka,
  beforeTheLog,
  type FileStanding,
  type JournalMessage,
  type Place,
  type SimFile,
} from './cluster.js';
import { SimProducer } from './kafka-clients.js';
import { plainEvents } from './real-importer.js';
import type { Upsert } from './sim-cassandra.js';
import { partitionsFor } from './workload.js';

const lineFeed = 10;
const scanMs = 700;
const pauseAfterFaultMs = 200;
const standbyMs = 4000;
const maxFutureSkewMs = 366 * 24 * 3_600_000;
/** What is written down about a file; the last entry of a file is in force. */
interface JournalEntry extends FileStanding {
  readonly mark: ReadingMark;
  /** Lines refused before the log so far. */
  readonly refused: number;
}

/** What goes into the log with one transaction, and the entry of the journal about it. */
export interface Import {
  readonly entry: JournalEntry;
  readonly events: readonly Unplaced[];
}

const feedEvent = (feed: string, completeThroughMs?: number): Unplaced => ({
  type: 'feed',
  progress: {
    feed,
    status: 'active',
    maxOutOfOrdernessMs: 0,
    ...(completeThroughMs === undefined ? {} : { completeThroughMs }),
  },
});

/** Where the `lines`-th line from `from` on ends. */
const endOfLines = (bytes: Buffer, from: number, lines: number): number => {
  let end = from;
  for (let line = 0; line < lines; line++) {
    const feed = bytes.indexOf(lineFeed, end);
    if (feed < 0) return bytes.length;
    end = feed + 1;
  }
  return end;
};

/**
 * The protocol of the importer: fence, read the journal, go on at the byte offset; lines and
 * journal in one transaction. Another importer that fences it makes it stand by.
 */
export class SimImport {
  protected readonly producer: SimProducer;
  protected journal = new Map<string, JournalEntry>();

  constructor(protected readonly place: Place) {
    this.producer = new SimProducer(place, 'import');
  }

  async run(): Promise<void> {
    for (;;) {
      try {
        await this.takeOver();
        for (;;) await this.#round();
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        const { cluster, process } = this.place;
        cluster.time.say(`${process.name} starts anew: ${error.message}`);
        await process.sleep(error.reaction === 'Fenced' ? standbyMs : pauseAfterFaultMs);
      }
    }
  }

  protected async takeOver(): Promise<void> {
    await this.producer.fence();
    await this.readJournal();
  }

  protected async readJournal(): Promise<void> {
    const { kafka, journal } = this.place.cluster;
    this.journal = new Map();
    for (let from = 0; ;) {
      const { entries, next, isAtEnd } = await askKafka(this.place, 'fetch', () =>
        kafka.fetch(journal, { from, most: 100, waitMs: 0 }),
      );
      for (const { value } of entries) {
        this.#note(JSON.parse((value as JournalMessage).value as string) as JournalEntry);
      }
      if (isAtEnd) return;
      from = next;
    }
  }

  /** One transaction: the events, each in its partition, and the entry. */
  protected async commit({ entry, events }: Import): Promise<void> {
    await this.produceEvents(events);
    await this.produceEntry(entry);
    await this.producer.commit();
  }

  protected produceEntry(entry: JournalEntry): Promise<void> {
    const message = { key: String(entry.id), value: JSON.stringify(entry) };
    return this.producer.produce(this.place.cluster.journal, [message]);
  }

  protected async produceEvents(events: readonly Unplaced[]): Promise<void> {
    const { input } = this.place.cluster;
    for (const [index, partition] of input.entries()) {
      const its = events.filter((event) => partitionsFor(event, input.length).includes(index));
      if (its.length > 0) await this.producer.produce(partition, its);
    }
  }

  #note(entry: JournalEntry): void {
    this.journal.set(entry.name, entry);
  }

  async #round(): Promise<void> {
    const { cluster, process } = this.place;
    const open = cluster.folder.find(({ name }) => this.journal.get(name)?.state !== 'done');
    if (open === undefined) return process.sleep(scanMs);
    const known = this.journal.get(open.name);
    const done = known === undefined ? this.#registration(open) : await this.#lines(open, known);
    await this.commit(done);
    this.#note(done.entry);
    cluster.time.say(`${process.name} ${open.name} at byte ${done.entry.mark.byteOffset}`);
  }

  #registration({ name, feed }: SimFile): Import {
    const id = Math.max(0, ...Array.from(this.journal.values(), (entry) => entry.id)) + 1;
    const entry = { id, name, mark: startOfFile, refused: 0, state: 'queued' };
    return { entry, events: [feedEvent(feed)] };
  }

  async #lines({ name, feed, bytes }: SimFile, known: JournalEntry): Promise<Import> {
    const { id: fileId, mark } = known;
    const { time } = this.place.cluster;
    const end = endOfLines(bytes, mark.byteOffset, time.between(1, 6));
    const isDone = end === bytes.length;
    const cdr = { fileId, feed, stampMs: Date.UTC(2020, 0, 1), maxFutureSkewMs };
    const batches = new LineBatches(cdr, { maxLineBytes: 1000, fileBytes: bytes.length }, mark);
    const whole = [...batches.push(bytes.subarray(mark.byteOffset, end))];
    if (whole.length > 0) throw new Error('so few lines are no whole batch');
    const batch = batches.end(true);
    const refused = known.refused + batch.refused.length;
    await this.#writeRefused({ fileId, batch, refused });
    const events = plainEvents(batch.events);
    const last = batch.mark.lastRecordedAtMs;
    const through = last > Number.MIN_SAFE_INTEGER ? last : undefined;
    if (isDone) events.push(feedEvent(feed, through));
    const state = isDone ? 'done' : 'importing';
    return { entry: { id: fileId, name, mark: batch.mark, refused, state }, events };
  }

  /** Rows first here too: the book as of the last line, and the lines themselves. */
  async #writeRefused(of: { fileId: number; batch: LineBatch; refused: number }): Promise<void> {
    const { fileId, batch, refused } = of;
    if (batch.refused.length === 0) return;
    const letters = batch.refused.map(({ lineNo, code }): Upsert => {
      const table = DeadLetterRows.schema.name;
      return { table, key: `file ${fileId} line ${lineNo}`, row: { fileId, lineNo, code } };
    });
    const version = batch.mark.lineNo;
    const book = { fileId, partition: beforeTheLog, version, counts: [0, 0, 0, 0, refused] };
    const key = `${fileId} ${beforeTheLog} v${version}`;
    await writeRows(this.place, [letters, [{ table: 'import_file_count', key, row: book }]]);
  }
}
