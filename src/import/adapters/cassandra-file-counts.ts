import { inParallel, type CassandraSession } from '../../platform/cassandra/index.js';
import { endOfFileIds } from './cassandra-file-ids.js';
import { filesPerBucket, fileStandings, type FileStanding } from './cassandra-import-file-store.js';

const idsOfBucket = 'SELECT id FROM import_file WHERE bucket = ?';
const bucketsAtOnce = 8;

/**
 * How many files there are and how many records of them are kept. A file is read until its book is
 * balanced: what follows moves its records between columns, and their sum stays.
 */
export class FileCounts {
  /** Files whose sum does not change any more. */
  readonly #balanced = new Set<number>();
  #recordsOfBalanced = 0;
  /** Buckets that get no more files, with their ids. */
  readonly #full = new Map<number, readonly number[]>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly session: Pick<CassandraSession, 'query'>) {}

  /** The first call reads every file there is, later ones those that are new or not balanced. */
  now(): Promise<{ files: number; records: number }> {
    const counted = this.#last.then(() => this.#count());
    this.#last = counted.catch(() => undefined);
    return counted;
  }

  async #count(): Promise<{ files: number; records: number }> {
    const ids = await this.#ids();
    const open = ids.filter((id) => !this.#balanced.has(id));
    let recordsOfOpen = 0;
    for (const [id, standing] of await fileStandings(this.session, open)) {
      const records = standing.counted + standing.late + standing.waiting;
      if (isBalanced(standing)) {
        this.#balanced.add(id);
        this.#recordsOfBalanced += records;
      } else {
        recordsOfOpen += records;
      }
    }
    return { files: ids.length, records: this.#recordsOfBalanced + recordsOfOpen };
  }

  async #ids(): Promise<number[]> {
    const end = await endOfFileIds(this.session);
    const newest = Math.floor(end / filesPerBucket);
    const buckets = Array.from({ length: newest + 1 }, (_, bucket) => bucket);
    const found = await inParallel(buckets, bucketsAtOnce, async (bucket) => {
      const known = this.#full.get(bucket);
      if (known !== undefined) return known;
      const rows = await this.session.query(idsOfBucket, [bucket]);
      const ids = rows.map((row) => Number(row['id']));
      // ids that were handed out for the bucket before may still be on their way to it
      if (bucket < newest - 1) this.#full.set(bucket, ids);
      return ids;
    });
    return found.flat();
  }
}

const isBalanced = (standing: FileStanding): boolean => {
  const { counted, late, waiting, duplicate, rejected } = standing;
  const isEnded = standing.state === 'done' || standing.state === 'failed';
  return isEnded && counted + late + waiting + duplicate + rejected === standing.mark.lines;
};
