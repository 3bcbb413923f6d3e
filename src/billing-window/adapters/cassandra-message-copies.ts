import type { CassandraSession } from '../../platform/cassandra/index.js';
import type { LoggedMessage } from '../message-log.js';

const ofKey = 'SELECT timestamp, revision, id, type, value FROM message WHERE key = ?';

/**
 * Reads the copies of the messages that are kept by key. A copy is there a moment before its
 * message is in the topic, and knows no offset. In order of period, and of sending within one.
 */
export class CassandraMessageCopies {
  constructor(private readonly session: Pick<CassandraSession, 'query'>) {}

  async ofKey(key: string): Promise<LoggedMessage[]> {
    const rows = await this.session.query(ofKey, [key]);
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
