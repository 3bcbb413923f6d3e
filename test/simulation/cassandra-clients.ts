import { DataRecordRows, type FoundRecords, type RecordLookups } from '../../src/ingest/index.js';
import {
  comparePositions,
  type Effects,
  type EffectsWriter,
  type Position,
  type RowStore,
  type Snapshot,
  type SnapshotStore,
} from '../../src/streaming/index.js';
import type { OracleRow } from '../support/oracle-model.js';
import { asOracleRow, plainRows, type PlainRow } from '../support/plain-rows.js';
import { asFound } from '../support/usage-application.js';
import { cassandraTimeoutMs, type Place } from './cluster.js';
import type { Upsert } from './sim-cassandra.js';

const attempts = 2;

/** A call of a process to the store; all of them may be repeated, so the driver does that. */
export const askCassandra = async <T>(
  { cluster: { network, cassandra }, process }: Place,
  name: string,
  handle: () => T,
): Promise<T> => {
  const call = { name: `cassandra.${name}`, timeoutMs: cassandraTimeoutMs, handle };
  for (let attempt = 1; ; attempt++) {
    try {
      return await network.call(process, cassandra.server, call);
    } catch (error) {
      if (attempt === attempts) throw error;
    }
  }
};

/** Upserts rows, each batch a call of its own; resolves when all are acknowledged. */
export const writeRows = async (place: Place, batches: readonly Upsert[][]): Promise<void> => {
  const { cassandra } = place.cluster;
  const some = batches.filter((batch) => batch.length > 0);
  await Promise.all(
    some.map((batch) => askCassandra(place, 'write', () => cassandra.write(batch))),
  );
};

const recordUpserts = (rows: readonly PlainRow[]): Upsert[][] => {
  // two shards: some rows of a step are there before others
  const shards: [Upsert[], Upsert[]] = [[], []];
  const waiting: Upsert[] = [];
  for (const row of rows.map(asOracleRow)) {
    const key = `${row.msisdn} ${row.recordedAtMs} ${row.recordId} v${row.version}`;
    shards[row.msisdn % 2].push({ table: 'data_record', key, row: { ...row } });
    if (row.status !== 'waiting') continue;
    waiting.push({ table: 'waiting_record', key, row: { ...row } });
  }
  return [...shards, waiting];
};

const bookColumns = ['counted', 'late', 'waiting', 'duplicate', 'rejected'] as const;
const noCounts = [0, 0, 0, 0, 0];

type Counts = readonly number[];

/**
 * Books as they stand behind a step. What a file had before is read once, when the file is first
 * met behind a fence; from then on it is in memory, in the order of the steps.
 */
export class SimBooks {
  readonly #books = new Map<number, Promise<Counts>>();

  constructor(
    private readonly place: Place,
    private readonly of: { readonly partition: number; readonly undone: number },
  ) {}

  /** The changed books of a step. The order of the calls is the order of the steps. */
  async after(changes: readonly PlainRow[], version: number): Promise<Upsert[]> {
    return Promise.all(
      changes.map(async (change) => {
        const fileId = change.file_id as number;
        const before = this.#books.get(fileId) ?? this.#stored(fileId);
        const by = this.by(change);
        const after = before.then((counts) => counts.map((count, index) => count + by[index]));
        after.catch(() => undefined); // thrown here, and to every later step of the file
        this.#books.set(fileId, after);
        return this.upsert(fileId, version, await after);
      }),
    );
  }

  protected by(change: PlainRow): Counts {
    return bookColumns.map((column) => change[column] as number);
  }

  protected upsert(fileId: number, version: number, counts: Counts): Upsert {
    const { partition } = this.of;
    const key = `${fileId} ${partition} v${version}`;
    return { table: 'import_file_count', key, row: { fileId, partition, version, counts } };
  }

  async #stored(fileId: number): Promise<Counts> {
    const { cassandra } = this.place.cluster;
    const { partition, undone } = this.of;
    const book = await askCassandra(this.place, 'readBook', () =>
      cassandra.book(fileId, partition, undone),
    );
    return book?.counts ?? noCounts;
  }
}

/** Rows, books and copies of messages of one partition, all idempotent. */
export class SimEffectsWriter implements EffectsWriter {
  #books: SimBooks;

  constructor(
    protected readonly place: Place,
    protected readonly partition: number,
  ) {
    this.#books = new SimBooks(place, { partition, undone: 0 });
  }

  startAt(position: Position): void {
    const undone = position.offset + (position.cursor > 0 ? 1 : 0);
    this.#books = this.books(undone);
  }

  async write({ rows, messages }: Effects, position: Position): Promise<void> {
    const { partition, place } = this;
    const tables = new Map(rows.map((batch) => [batch.schema.name, plainRows(batch)]));
    const version = position.cursor > 0 ? position.offset : position.offset - 1;
    const books = this.#books.after(tables.get('import_file_count') ?? [], version);
    const plain = (table: string, keyOf: (row: PlainRow) => string): Upsert[] =>
      (tables.get(table) ?? []).map((row) => ({ table, key: keyOf(row), row }));
    const copies = messages.map((message) => {
      return { table: 'message', key: message.headers.id, row: { ...message } };
    });
    const booksWritten = books.then((upserts) => writeRows(place, [upserts]));
    await Promise.all([
      booksWritten,
      writeRows(place, [
        ...recordUpserts(tables.get('data_record') ?? []),
        plain('dead_letter', ({ offset }) => `${partition} ${String(offset)}`),
        plain('agreement', ({ id }) => String(id)),
        copies,
      ]),
    ]);
  }

  protected books(undone: number): SimBooks {
    return new SimBooks(this.place, { partition: this.partition, undone });
  }
}

/** Look-ups see versions below an offset only, whatever else is there. */
export class SimRowStore implements RowStore<RecordLookups, FoundRecords> {
  constructor(private readonly place: Place) {}

  find(lookups: RecordLookups, beforeOffset: number): Promise<FoundRecords> {
    const { msisdns, recordedAtMs, waitingOf } = lookups;
    return askCassandra(this.place, 'find', () => {
      const rows = new Set<OracleRow>();
      msisdns.forEach((msisdn, index) => {
        for (const row of this.#at({ msisdn, recordedAtMs: recordedAtMs[index] }, beforeOffset)) {
          rows.add(row);
        }
      });
      for (const msisdn of waitingOf) {
        for (const candidate of this.seen(this.#candidates(msisdn), beforeOffset)) {
          for (const row of this.#at(candidate, beforeOffset)) rows.add(row);
        }
      }
      return rows.size === 0 ? new DataRecordRows(0) : asFound([...rows]);
    });
  }

  protected seen(rows: readonly OracleRow[], beforeOffset: number): readonly OracleRow[] {
    return rows.filter(({ version }) => version < beforeOffset);
  }

  #candidates(msisdn: number): readonly OracleRow[] {
    return this.place.cluster.cassandra.waitingOf(msisdn);
  }

  #at(
    { msisdn, recordedAtMs }: { msisdn: number; recordedAtMs: number },
    beforeOffset: number,
  ): readonly OracleRow[] {
    const { cassandra } = this.place.cluster;
    return this.seen(cassandra.recordsAt(msisdn, recordedAtMs), beforeOffset);
  }
}

/** Snapshots of one partition: the chunks first, then the header that makes them one. */
export class SimSnapshots implements SnapshotStore {
  constructor(
    private readonly place: Place,
    private readonly partition: number,
  ) {}

  async newestAtOrBelow(position: Position): Promise<Snapshot | undefined> {
    const { cassandra } = this.place.cluster;
    const found = await askCassandra(this.place, 'readSnapshots', () =>
      cassandra.snapshotHeaders
        .filter((header) => header.partition === this.partition && this.fits(header, position))
        .sort((a, b) => comparePositions(b, a)),
    );
    if (found.length === 0) return undefined;
    const [{ offset, cursor, snapshotId }] = found;
    const read = (): Promise<readonly Uint8Array[]> =>
      askCassandra(this.place, 'readChunks', () => cassandra.snapshotChunks.get(snapshotId) ?? []);
    return {
      position: { offset, cursor },
      async *chunks() {
        for (const chunk of await read()) yield chunk.slice();
      },
    };
  }

  async save(position: Position, chunks: Iterable<Uint8Array>): Promise<void> {
    const { cassandra } = this.place.cluster;
    const { partition } = this;
    const { time } = this.place.cluster;
    const { name } = this.place.process;
    const snapshotId = `${name} ${partition} ${time.nowMs} ${time.below(1 << 30)}`;
    const copies = Array.from(chunks, (chunk) => chunk.slice());
    await askCassandra(this.place, 'writeChunks', () => {
      cassandra.snapshotChunks.set(snapshotId, copies);
    });
    const header = { partition, ...position, snapshotId };
    await askCassandra(this.place, 'writeSnapshot', () => {
      cassandra.snapshotHeaders.push(header);
    });
    time.say(`${name} saved a snapshot of ${partition} at ${position.offset}/${position.cursor}`);
  }

  protected fits(header: Position, position: Position): boolean {
    return comparePositions(header, position) <= 0;
  }
}
