import { fileStandings } from '../../import/adapters/cassandra-import-file-store.js';
import { bookColumns, bookOf, ImportFileCountRows } from '../../ingest/index.js';
import { rowsIn } from '../../streaming/index.js';
import type { ReplayedBatch } from '../replay.js';
import type { PartitionEnds } from './partition-ends.js';
import type { Progress } from './progress.js';
import type { Servers } from './servers.js';

/** Of the counts: the lines that the import refused before they came into the log. */
export const beforeTheLog = -1;
const columns = ['file_id', 'log_partition', 'version', ...bookColumns].join(', ');
const counts = `SELECT ${columns} FROM import_file_count`;
const newestProgress = 'SELECT file_id, lines, state FROM import_progress PER PARTITION LIMIT 1';
/** Places in importStates. */
const endedStates = new Set([2, 3]);

type Book = number[];

/** Lines of the files that are read to their end, by file id: all of them are in the log. */
export type EndedFiles = ReadonlyMap<number, number>;

/** The files whose import is done; to be read before the log is, so that no line is missing. */
/** Reads them. To be called before the positions are read. */
export const endedFiles = async ({ session }: Servers): Promise<EndedFiles> => {
  const ended = new Map<number, number>();
  for await (const page of session.pages(newestProgress)) {
    for (const row of page) {
      if (endedStates.has(Number(row['state']))) {
        ended.set(Number(row['file_id']), Number(row['lines']));
      }
    }
  }
  return ended;
};

/** A row of table import_file_count. */
export interface StoredBook {
  readonly fileId: number;
  readonly partition: number;
  readonly version: number;
  readonly counts: Book;
}

const sumOf = (book: Book): number => book.reduce((sum, count) => sum + count, 0);

/** Books of files by partition of the log, as a replay gives them. */
export class GivenBooks {
  readonly #books = new Map<number, Book>();

  constructor(private readonly partitions: number) {}

  take({ rows }: ReplayedBatch, partition: number): void {
    for (const books of rowsIn(ImportFileCountRows, rows)) {
      for (let row = 0; row < books.length; row++) {
        const key = books.fileIds[row] * this.partitions + partition;
        const book = this.#books.get(key) ?? bookColumns.map(() => 0);
        this.#books.set(key, book);
        bookOf(books, row).forEach((count, at) => (book[at] += count));
      }
    }
  }

  /** The book of a file in a partition, which is left out from now on. */
  remove(fileId: number, partition: number): Book {
    const key = fileId * this.partitions + partition;
    const book = this.#books.get(key) ?? bookColumns.map(() => 0);
    this.#books.delete(key);
    return book;
  }

  *left(): Generator<{ fileId: number; partition: number; book: Book }> {
    for (const [key, book] of this.#books) {
      const fileId = Math.floor(key / this.partitions);
      yield { fileId, partition: key - fileId * this.partitions, book };
    }
  }
}

/**
 * The counts in force of one file: of each partition those of the greatest version that is
 * committed. `rows` are those of the file in the order of the table, greatest version first.
 */
export const booksInForce = (
  rows: readonly StoredBook[],
  isDone: (row: StoredBook) => boolean,
): Map<number, StoredBook> => {
  const inForce = new Map<number, StoredBook>();
  for (const row of rows) {
    if (!inForce.has(row.partition) && isDone(row)) inForce.set(row.partition, row);
  }
  return inForce;
};

export interface BooksCheckParts {
  readonly servers: Servers;
  readonly ends: PartitionEnds;
  readonly progress: Progress;
  readonly differs: (line: string) => void;
  readonly ended: EndedFiles;
}

/** The books of files, compared with what the log gives and with the lines of the files. */
export class BooksCheck {
  readonly #given: GivenBooks;
  readonly #unseen: Map<number, number>;
  /** Files of which not every line is booked yet, with the lines that are. */
  readonly #short = new Map<number, number>();
  /** By file the lines that were refused before they came into the log, and up to which line. */
  readonly refused = new Map<number, { readonly lines: number; readonly upTo: number }>();
  #files = 0;

  constructor(private readonly parts: BooksCheckParts) {
    this.#given = new GivenBooks(parts.servers.settings.partitions);
    this.#unseen = new Map(parts.ended);
  }

  /** Files with a book. */
  get files(): number {
    return this.#files;
  }

  take(batch: ReplayedBatch, partition: number): void {
    this.#given.take(batch, partition);
  }

  /** Reads all books, and compares each. */
  async scan(): Promise<void> {
    const { progress, differs } = this.parts;
    let ofFile: StoredBook[] = [];
    for await (const row of this.#read()) {
      if (ofFile.length > 0 && ofFile[0].fileId !== row.fileId) {
        await this.#compareFile(ofFile);
        ofFile = [];
        progress.at(() => `books of ${this.#files} files compared`);
      }
      ofFile.push(row);
    }
    if (ofFile.length > 0) await this.#compareFile(ofFile);
    for (const { fileId, partition, book } of this.#given.left()) {
      if (sumOf(book) === 0) continue;
      differs(
        `book of file ${fileId}, partition ${partition}: none is stored, log ${book.join('/')}`,
      );
    }
    for (const [fileId, lines] of this.#unseen) {
      if (lines > 0) this.#short.set(fileId, 0);
    }
  }

  /**
   * Files that were short of lines: once all that was in the log is committed they must not be any
   * more. `isAllDone`: whether it is. Answers how many files cannot be told of yet.
   */
  async checkShort(isAllDone: boolean): Promise<number> {
    const { servers, differs } = this.parts;
    let undecided = 0;
    const standings = await fileStandings(servers.session, [...this.#short.keys()]);
    for (const [fileId, booked] of this.#short) {
      const now = standings.get(fileId);
      const lines = now?.mark.lines ?? 0;
      const present = now === undefined ? 0 : sumOf(bookColumns.map((column) => now[column]));
      if (now !== undefined && lines === present) continue;
      if (isAllDone) differs(`book of file ${fileId}: ${lines} lines, ${booked} booked`);
      else undecided++;
    }
    return undecided;
  }

  async #compareFile(rows: readonly StoredBook[]): Promise<void> {
    const [{ fileId }] = rows;
    const { ends } = this.parts;
    for (const { partition, version } of rows) await ends.cover(partition, version);
    const inForce = booksInForce(rows, (row) => this.#isDone(row));
    this.#files++;
    const before = inForce.get(beforeTheLog);
    if (before) this.refused.set(fileId, { lines: before.counts[4], upTo: before.version });
    let booked = 0;
    for (const { partition, counts: stored } of inForce.values()) {
      booked += sumOf(stored);
      if (partition !== beforeTheLog) this.#compare(fileId, partition, stored);
    }
    this.#checkLines(fileId, booked);
  }

  #compare(fileId: number, partition: number, stored: Book): void {
    const given = this.#given.remove(fileId, partition);
    if (given.join() === stored.join()) return;
    this.parts.differs(
      `book of file ${fileId}, partition ${partition}: ` +
        `stored ${stored.join('/')}, log ${given.join('/')}`,
    );
  }

  /** The columns of a file that was read to its end add up to its lines. */
  #checkLines(fileId: number, booked: number): void {
    const lines = this.#unseen.get(fileId);
    this.#unseen.delete(fileId);
    if (lines === undefined || lines === booked) return;
    if (booked < lines) this.#short.set(fileId, booked);
    else this.parts.differs(`book of file ${fileId}: ${lines} lines, ${booked} booked`);
  }

  #isDone(row: StoredBook): boolean {
    const { ends, differs } = this.parts;
    const { fileId, partition, version } = row;
    if (partition === beforeTheLog) return true;
    const standing = ends.standing(partition, version);
    if (standing === 'under way') ends.underWay[partition]++;
    if (standing === 'unknown') {
      const place = `file ${fileId} partition ${partition} version ${version}`;
      differs(`import_file_count: a row has a version the log does not know: ${place}`);
    }
    return standing === 'done';
  }

  async *#read(): AsyncGenerator<StoredBook> {
    for await (const page of this.parts.servers.session.pages(counts)) {
      for (const row of page) {
        yield {
          fileId: Number(row['file_id']),
          partition: Number(row['log_partition']),
          version: Number(row['version']),
          counts: bookColumns.map((column) => Number(row[column])),
        };
      }
    }
  }
}
