import { Inject, Injectable } from '@nestjs/common';
import { waitFor } from '../platform/http/long-poll.js';
import { MESSAGE_LOG, type LoggedMessage, type MessageLog } from './message-log.js';

/** Which messages: those behind offset `after` (-1: from the first), at most `limit`. */
export interface MessagesRequest {
  readonly after: number;
  readonly limit: number;
  /** How long to wait for one when there is none yet, in ms. */
  readonly waitMs: number;
}

@Injectable()
export class MessagesService {
  constructor(@Inject(MESSAGE_LOG) private readonly log: MessageLog) {}

  /** The messages, oldest first; empty when the wait is over or `cancel` fired. */
  async read(request: MessagesRequest, cancel: AbortSignal): Promise<LoggedMessage[]> {
    const { after, limit, waitMs } = request;
    // listened for before the first look, so that nothing falls between look and wait
    let arrived = false;
    let tell = (): void => undefined;
    const stop = this.log.onMessages(() => {
      arrived = true;
      tell();
    });
    try {
      const found = await this.log.messages(after + 1, limit);
      if (found.length > 0 || waitMs === 0) return found;
      if (!arrived) {
        await waitFor({ subscribe: (now) => ((tell = now), () => undefined), waitMs, cancel });
      }
      return await this.log.messages(after + 1, limit);
    } finally {
      stop();
    }
  }
}
