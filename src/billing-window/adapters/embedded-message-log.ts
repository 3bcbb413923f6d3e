import {
  storedMessage,
  type EmbeddedDatabase,
  type EmbeddedLog,
} from '../../platform/embedded/index.js';
import type { LogEvents } from '../../streaming/index.js';
import type { LoggedMessage, MessageLog } from '../message-log.js';

/** The messages of the DuckDB file. */
export class EmbeddedMessageLog implements MessageLog {
  constructor(
    private readonly log: Pick<
      EmbeddedLog<LogEvents>,
      'messages' | 'onMessages' | 'nextMessageOffset'
    >,
    private readonly database: Pick<EmbeddedDatabase, 'query'>,
  ) {}

  messages(from: number, limit: number): Promise<LoggedMessage[]> {
    return this.log.messages(from, limit);
  }

  async ofKey(key: string): Promise<LoggedMessage[]> {
    const rows = await this.database.query(
      `SELECT "offset", key, timestamp, headers, value FROM message
        WHERE key = $1 ORDER BY "offset"`,
      [key],
    );
    return rows.map(storedMessage);
  }

  lastOffset(): number | undefined {
    const next = this.log.nextMessageOffset;
    return next === 0 ? undefined : next - 1;
  }

  onMessages(listener: () => void): () => void {
    return this.log.onMessages(listener);
  }
}
