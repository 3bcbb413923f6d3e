import type { FeedFiles, LastFile } from '../../ingest/index.js';
import type { CassandraSession } from '../../platform/cassandra/index.js';
import { fileStandings } from './cassandra-import-file-store.js';

const newest = 'SELECT feed, file_id, name FROM feed_last_file WHERE one = 0';

/** The newest file of each feed, for the answer about feeds. */
export class CassandraFeedFiles implements FeedFiles {
  constructor(private readonly session: Pick<CassandraSession, 'query'>) {}

  async last(): Promise<ReadonlyMap<string, LastFile>> {
    const rows = await this.session.query(newest);
    const ids = rows.map((row) => Number(row['file_id']));
    const standings = await fileStandings(this.session, ids);
    return new Map(
      rows.map((row, at) => {
        const state = standings.get(ids[at])?.state ?? 'queued';
        return [String(row['feed']), { name: String(row['name']), state }];
      }),
    );
  }
}
