import type { FeedFiles, LastFile } from '../../ingest/index.js';
import type { EmbeddedDatabase } from '../../platform/embedded/index.js';
import { importStates } from '../domain/tables.js';

/** The newest file of each feed, for the answer about feeds. */
export class EmbeddedFeedFiles implements FeedFiles {
  constructor(private readonly database: Pick<EmbeddedDatabase, 'query'>) {}

  async last(): Promise<ReadonlyMap<string, LastFile>> {
    const rows = await this.database.query(`
      SELECT f.feed, arg_max(f.name, f.id) AS name, arg_max(p.state, f.id) AS state
      FROM import_file f
      JOIN (SELECT file_id, arg_max(state, seq) AS state FROM import_progress GROUP BY file_id) p
        ON p.file_id = f.id
      GROUP BY f.feed`);
    return new Map(
      rows.map(({ feed, name, state }) => [
        String(feed),
        { name: String(name), state: importStates[Number(state)] },
      ]),
    );
  }
}
