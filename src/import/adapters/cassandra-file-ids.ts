import type { CassandraSession } from '../../platform/cassandra/index.js';
import { Fault } from '../../streaming/index.js';
import { importErrors } from '../errors.js';

/** The row of table file_id_block that ids of import files come from. */
const name = 'import_file';
const blockIds = 64;
const firstId = 1;
/** Ids, and the one behind the last, are 32-bit numbers in every table. */
const endOfIds = 2 ** 31 - 1;

const read = 'SELECT next FROM file_id_block WHERE name = ?';
const begin = 'INSERT INTO file_id_block (name, next) VALUES (?, ?) IF NOT EXISTS';
const move = 'UPDATE file_id_block SET next = ? WHERE name = ? IF next = ?';

/** The first id that no importer has taken yet; all ids in use are below it. */
export const endOfFileIds = async (session: Pick<CassandraSession, 'query'>): Promise<number> => {
  const [row] = await session.query(read, [name]);
  return row === undefined ? firstId : Number(row['next']);
};

/**
 * Hands out ids of import files. A block of them is taken from the keyspace by a conditional write,
 * so that no two importers ever have the same; what is left of it when the process ends, or when
 * the answer of the write was lost, is never used.
 */
export class CassandraFileIds {
  #next = 0;
  #end = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly session: Pick<CassandraSession, 'query' | 'conditional'>) {}

  /**
   * The first of so many ids in a row. Rejects with IMPORT_FILE_IDS_USED_UP behind 2^31 - 2, and
   * with the faults of the store.
   */
  reserve(count: number): Promise<number> {
    const reserved = this.#last.then(() => this.#reserve(count));
    this.#last = reserved.catch(() => undefined);
    return reserved;
  }

  async #reserve(count: number): Promise<number> {
    if (this.#end - this.#next < count) await this.#take(count);
    const first = this.#next;
    this.#next += count;
    return first;
  }

  async #take(count: number): Promise<void> {
    const ids = Math.ceil(count / blockIds) * blockIds;
    for (;;) {
      const from = await endOfFileIds(this.session);
      const to = from + ids;
      if (to > endOfIds) throw usedUp();
      const { applied } =
        from === firstId && (await this.#begins(to))
          ? { applied: true }
          : await this.session.conditional(move, [to, name, from]);
      if (!applied) continue; // another importer was faster
      this.#next = from;
      this.#end = to;
      return;
    }
  }

  async #begins(to: number): Promise<boolean> {
    return (await this.session.conditional(begin, [name, to])).applied;
  }
}

const usedUp = (): Fault => {
  const { reaction, meaning } = importErrors.IMPORT_FILE_IDS_USED_UP;
  return new Fault('IMPORT_FILE_IDS_USED_UP', reaction, meaning);
};
