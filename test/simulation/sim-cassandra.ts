import { SimServer } from './network.js';
import type { VirtualTime } from './virtual-time.js';

/** A row of any table; its primary key is its text. */
export type SimRow = Readonly<Record<string, unknown>>;

/** One idempotent write: the row of a table with this primary key. */
export interface Upsert {
  readonly table: string;
  readonly key: string;
  readonly row: SimRow;
  /** Where look-ups find it. */
  readonly places?: string;
  /** `USING TIMESTAMP`: of two writes of a key the one with the greater number stays. */
  readonly writtenAt?: number;
}

/** A book of a file in one partition, counted from its first event up to a version. */
export interface BookRow {
  readonly fileId: number;
  readonly partition: number;
  readonly version: number;
  readonly counts: readonly number[];
}

export interface SnapshotHeader {
  readonly partition: number;
  readonly offset: number;
  readonly cursor: number;
  readonly snapshotId: string;
}

const push = <V>(index: Map<string, V[]>, key: string, value: V): void => {
  const values = index.get(key);
  if (values === undefined) index.set(key, [value]);
  else values.push(value);
};

/**
 * A store of rows by primary key, without transactions. A write whose answer was lost may be
 * there at once, much later, or never; it is acknowledged only when everyone sees it.
 */
export class SimCassandra {
  readonly server: SimServer;
  readonly #tables = new Map<string, Map<string, SimRow>>();
  readonly #writtenAt = new Map<string, number>();
  readonly #places = new Map<string, SimRow[]>();
  readonly messageIds = new Set<string>();
  readonly #books = new Map<string, BookRow[]>();
  readonly snapshotHeaders: SnapshotHeader[] = [];
  readonly snapshotChunks = new Map<string, readonly Uint8Array[]>();

  constructor(private readonly time: VirtualTime) {
    this.server = new SimServer(time, 'cassandra');
  }

  /**
   * The rows of one batch. The same key always gets the same values, where a write says its time
   * itself the same key and time: a law of the writers.
   */
  write(upserts: readonly Upsert[]): void {
    for (const upsert of upserts) {
      const { table, key, row, writtenAt = 0 } = upsert;
      const before = this.table(table).get(key);
      const beforeAt = this.#writtenAt.get(`${table} ${key}`) ?? 0;
      if (writtenAt < beforeAt) continue;
      if (before === undefined || writtenAt > beforeAt) this.#insert(upsert);
      else if (JSON.stringify(before) !== JSON.stringify(row)) {
        const values = `${JSON.stringify(before)}, then ${JSON.stringify(row)}`;
        return this.time.violate(`${table} ${key} was written as ${values}`);
      }
    }
  }

  table(name: string): ReadonlyMap<string, SimRow> {
    return this.#table(name);
  }

  /** Rows of a table that are looked for by the same columns. */
  rowsAt(table: string, places: string): readonly SimRow[] {
    return this.#places.get(`${table} ${places}`) ?? [];
  }

  /** The book with the greatest version below one. */
  book(fileId: number, partition: number, below: number): BookRow | undefined {
    let newest: BookRow | undefined;
    for (const book of this.#books.get(`${fileId} ${partition}`) ?? []) {
      if (book.version < below && !(book.version < (newest?.version ?? -1))) newest = book;
    }
    return newest;
  }

  /** Every book of a file, by partition, as of its last version. */
  lastBooks(): BookRow[] {
    return [...this.#books.values()].map(([first]) => {
      return this.book(first.fileId, first.partition, Infinity) as BookRow;
    });
  }

  /** The same when a row says by how much a book changed. */
  summedBooks(): BookRow[] {
    return [...this.#books.values()].map((rows) => {
      const counts = rows[0].counts.map((_, at) => rows.reduce((sum, r) => sum + r.counts[at], 0));
      return { ...rows[0], counts };
    });
  }

  #table(name: string): Map<string, SimRow> {
    let table = this.#tables.get(name);
    if (table === undefined) this.#tables.set(name, (table = new Map<string, SimRow>()));
    return table;
  }

  #insert({ table, key, row, places, writtenAt }: Upsert): void {
    this.#table(table).set(key, row);
    if (writtenAt !== undefined) this.#writtenAt.set(`${table} ${key}`, writtenAt);
    if (places !== undefined) push(this.#places, `${table} ${places}`, row);
    if (table === 'message') this.messageIds.add(String(row.id));
    if (table !== 'import_file_count') return;
    const book = row as unknown as BookRow;
    push(this.#books, `${book.fileId} ${book.partition}`, book);
  }
}
