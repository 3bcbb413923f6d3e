import type { EmbeddedDatabase } from '../../platform/embedded/index.js';
import type { DeadLetterStore, RefusedEvent } from '../dead-letter-store.js';

/** Reads table `dead_letter` of the DuckDB file. */
export class EmbeddedDeadLetterStore implements DeadLetterStore {
  constructor(private readonly database: Pick<EmbeddedDatabase, 'query'>) {}

  async between(from: number, to: number): Promise<RefusedEvent[]> {
    const rows = await this.database.query(
      `SELECT "offset", code, message FROM dead_letter
        WHERE "offset" >= $1 AND "offset" < $2 ORDER BY "offset"`,
      [from, to],
    );
    return rows.map(({ offset, code, message }) => ({
      offset: Number(offset),
      code: String(code),
      message: String(message),
    }));
  }
}
