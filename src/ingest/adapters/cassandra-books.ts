import { inParallel, type CassandraSession } from '../../platform/cassandra/index.js';
import type { Position } from '../../streaming/index.js';

/** Counts of a file's lines, in the order of `bookColumns`. */
export type Book = number[];

interface KeptBook {
  readonly fileId: number;
  readonly counts: Book;
}

const columns = ['counted', 'late', 'waiting', 'duplicate', 'rejected'] as const;

const newestBelow =
  `SELECT ${columns.join(', ')} FROM import_file_count ` +
  'WHERE file_id = ? AND log_partition = ? AND version < ? LIMIT 1';

/**
 * Files kept in memory. More than the files of all steps that can be on their way at once, so the
 * one that was not touched for longest is written by then and can be read again.
 */
const mostKept = 50_000;

const readsAtOnce = 32;

/** The first offset that nothing is done of; an event in the middle has its rows already. */
const undoneOf = ({ offset, cursor }: Position): number => offset + (cursor > 0 ? 1 : 0);

/**
 * The books of files as this partition counts them, absolute: the events of a step that failed may
 * come again cut into other steps, and a change written twice would count twice. A book as of a
 * version of the log is the same whoever writes it, however the steps were cut.
 */
export class CassandraBooks {
  #run = newRun(0);

  constructor(
    private readonly session: Pick<CassandraSession, 'query'>,
    private readonly partition: number,
  ) {}

  /** Forgets all, and what is still on its way; what follows begins behind the position. */
  startAt(position: Position): void {
    this.#run = newRun(undoneOf(position));
  }

  /**
   * Adds a step's changes and answers the books as they then are; `position` is the one behind the
   * step. Behind one that rejected all reject, until `startAt`.
   */
  add(changes: readonly KeptBook[], position: Position): Promise<KeptBook[]> {
    const run = this.#run;
    const added = run.last.then(() => this.#add(run, changes, position));
    run.last = added.then(() => undefined);
    run.last.catch(() => undefined); // thrown to the caller
    return added;
  }

  async #add(run: Run, changes: readonly KeptBook[], position: Position): Promise<KeptBook[]> {
    const missing = changes.filter(({ fileId }) => !run.kept.has(fileId));
    const read = await inParallel(missing, readsAtOnce, ({ fileId }) =>
      this.#read(fileId, run.undone),
    );
    missing.forEach(({ fileId }, at) => run.kept.set(fileId, read[at]));
    const books = changes.map(({ fileId, counts }) => {
      const before = run.kept.get(fileId) as Book;
      const after = before.map((count, column) => count + counts[column]);
      run.kept.delete(fileId); // to the end: last touched
      run.kept.set(fileId, after);
      return { fileId, counts: after };
    });
    run.undone = undoneOf(position);
    for (const fileId of run.kept.keys()) {
      if (run.kept.size <= mostKept) break;
      run.kept.delete(fileId);
    }
    return books;
  }

  async #read(fileId: number, before: number): Promise<Book> {
    const [row] = await this.session.query(newestBelow, [fileId, this.partition, before]);
    return columns.map((column) => (row === undefined ? 0 : (row[column] as number)));
  }
}

/** Books since the last `startAt`. */
interface Run {
  readonly kept: Map<number, Book>;
  undone: number;
  /** One after the other: each book begins where the one before it ended. */
  last: Promise<void>;
}

const newRun = (undone: number): Run => ({ kept: new Map(), undone, last: Promise.resolve() });
