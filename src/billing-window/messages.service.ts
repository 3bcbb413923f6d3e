import { Inject, Injectable } from '@nestjs/common';
import { httpErrors } from '../platform/http/errors.js';
import { waitFor } from '../platform/http/long-poll.js';
import { refusal } from '../platform/http/refusal.js';
import { messagesErrors } from './errors.js';
import { MESSAGE_LOG, type LoggedMessage, type MessageLog } from './message-log.js';

/** Which messages: those behind cursor `after`, at most `limit`. */
export interface MessagesRequest {
  readonly after: string;
  readonly limit: number;
  /** How long to wait for one when there is none yet, in ms. */
  readonly waitMs: number;
}

/** Of a wait that only time or the caller ends. */
const nothing = (): void => undefined;

@Injectable()
export class MessagesService {
  constructor(@Inject(MESSAGE_LOG) private readonly log: MessageLog) {}

  /** The cursor in its plain form, or a refusal (400 REQUEST_INVALID): each mode has its own. */
  cursorOf(text: string, field = 'after'): string {
    const cursor = this.log.cursor(text);
    if (cursor !== undefined) return cursor;
    const message = `${field}: ${this.log.cursorRule}`;
    throw refusal(httpErrors, 'REQUEST_INVALID', { status: 400, message });
  }

  /** Those behind a cursor of an answer, at most `limit`, without a wait. */
  behind(cursor: string, limit: number): Promise<LoggedMessage[]> {
    return this.log.behind(cursor, limit);
  }

  /** The newest messages, at most `limit`, those of one agreement in order. */
  latest(limit: number): Promise<LoggedMessage[]> {
    return this.log.latest(limit);
  }

  /**
   * The messages, oldest first; empty when the wait is over or `cancel` fired. Refuses (400
   * CURSOR_BEYOND_END) a cursor that is behind the last message.
   */
  async read(request: MessagesRequest, cancel: AbortSignal): Promise<LoggedMessage[]> {
    const { after, limit, waitMs } = request;
    if (await this.log.isBeyondEnd(after)) {
      throw refusal(messagesErrors, 'CURSOR_BEYOND_END', { status: 400 });
    }
    if (waitMs === 0) return this.log.behind(after, limit);
    const answered = new AbortController();
    const ended = AbortSignal.any([cancel, answered.signal]);
    const over = waitFor({ subscribe: () => nothing, waitMs, cancel: ended });
    let tell = nothing;
    const stop = this.log.onMessages(() => tell());
    try {
      for (;;) {
        // listened for before the look, so that nothing falls between look and wait
        const told = new Promise<'told'>((resolve) => (tell = () => resolve('told')));
        const found = await this.log.behind(after, limit);
        if (found.length > 0) return found;
        if ((await Promise.race([told, over])) === 'over') break;
      }
      return await this.log.behind(after, limit);
    } finally {
      stop();
      answered.abort();
    }
  }
}
