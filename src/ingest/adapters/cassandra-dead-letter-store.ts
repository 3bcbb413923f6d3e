import type { CassandraSession } from '../../platform/cassandra/index.js';
import type { RefusedEvent } from '../dead-letter-store.js';

/** Offsets of one Cassandra partition of the refused events without a file. */
const offsetsPerBucket = 65_536;

const ofBucket =
  'SELECT "offset", code, message FROM dead_letter WHERE file_id = 0 AND log_partition = ? ' +
  'AND bucket = ? AND line_no = 0 AND "offset" >= ? AND "offset" < ?';

/** Reads the refused events that came without a file: those of requests and of other producers. */
export class CassandraDeadLetterStore {
  constructor(private readonly session: Pick<CassandraSession, 'query'>) {}

  /** Refused events of a partition of the log with offsets in [from, to), in order. */
  async between(partition: number, from: number, to: number): Promise<RefusedEvent[]> {
    const found: RefusedEvent[] = [];
    const last = Math.floor((to - 1) / offsetsPerBucket);
    for (let bucket = Math.floor(from / offsetsPerBucket); bucket <= last; bucket++) {
      const rows = await this.session.query(ofBucket, [partition, bucket, from, to]);
      for (const row of rows) {
        const { code, message } = row;
        found.push({
          offset: Number(row['offset']),
          code: String(code),
          message: String(message),
        });
      }
    }
    return found;
  }
}
