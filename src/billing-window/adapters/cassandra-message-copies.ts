import type { CassandraSession } from '../../platform/cassandra/index.js';
import type { LoggedMessage, MessagePeriod } from '../message-log.js';

const ofPeriod =
  'SELECT timestamp, revision, id, type, value FROM message ' +
  'WHERE key = ? AND timestamp = ? LIMIT ?';

/**
 * Reads the copies of the messages that are kept by key. A copy is there a moment before its
 * message is in the topic, and knows no offset. In order of sending.
 */
export class CassandraMessageCopies {
  constructor(private readonly session: Pick<CassandraSession, 'query'>) {}

  /** The timestamp of a message is the last millisecond of its period (wire contract). */
  async ofPeriod(key: string, { endMs, limit }: MessagePeriod): Promise<LoggedMessage[]> {
    const rows = await this.session.query(ofPeriod, [key, endMs - 1, limit]);
    return rows.map((row) => ({
      offset: undefined,
      cursor: undefined,
      key,
      timestampMs: Number(row['timestamp']),
      headers: {
        id: String(row['id']),
        type: String(row['type']),
        revision: String(row['revision']),
      },
      value: String(row['value']),
    }));
  }
}
