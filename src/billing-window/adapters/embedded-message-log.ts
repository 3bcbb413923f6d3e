import {
  storedMessage,
  type EmbeddedDatabase,
  type EmbeddedLog,
  type StoredEvents,
} from '../../platform/embedded/index.js';
import type { OutMessage } from '../../streaming/index.js';
import type { LoggedMessage, MessageLog, MessagePeriod } from '../message-log.js';

const withCursor = (message: OutMessage & { offset: number }): LoggedMessage => ({
  ...message,
  cursor: String(message.offset),
});

/** The messages of the DuckDB file; a cursor is the offset of the last one seen. */
export class EmbeddedMessageLog implements MessageLog {
  readonly cursorRule = 'must be -1 or the offset of a message';

  constructor(
    private readonly log: Pick<
      EmbeddedLog<StoredEvents>,
      'messages' | 'onMessages' | 'nextMessageOffset'
    >,
    private readonly database: Pick<EmbeddedDatabase, 'query'>,
  ) {}

  cursor(text: string): string | undefined {
    if (!/^(-1|\d{1,16})$/.test(text)) return undefined;
    return Number(text) < Number.MAX_SAFE_INTEGER ? String(Number(text)) : undefined;
  }

  isBeyondEnd(cursor: string): Promise<boolean> {
    return Promise.resolve(Number(cursor) >= this.log.nextMessageOffset);
  }

  async behind(cursor: string, limit: number): Promise<LoggedMessage[]> {
    return (await this.log.messages(Number(cursor) + 1, limit)).map(withCursor);
  }

  async latest(limit: number): Promise<LoggedMessage[]> {
    const from = Math.max(0, this.log.nextMessageOffset - limit);
    return (await this.log.messages(from, limit)).map(withCursor);
  }

  /** The timestamp of a message is the last millisecond of its period (wire contract). */
  async ofPeriod(key: string, { endMs, limit }: MessagePeriod): Promise<LoggedMessage[]> {
    const rows = await this.database.query(
      `SELECT "offset", key, timestamp, headers, value FROM message
        WHERE timestamp = $2 AND key = $1 ORDER BY "offset" LIMIT $3`,
      [key, endMs - 1, limit],
    );
    return rows.map((row) => withCursor(storedMessage(row)));
  }

  /** Offset of the newest message, or undefined when there is none. */
  lastOffset(): number | undefined {
    const next = this.log.nextMessageOffset;
    return next === 0 ? undefined : next - 1;
  }

  onMessages(listener: () => void): () => void {
    return this.log.onMessages(listener);
  }
}
