import { Args, Query, Resolver } from '@nestjs/graphql';
import { Inject } from '@nestjs/common';
import { httpErrors } from '../platform/http/errors.js';
import { refusal } from '../platform/http/refusal.js';
import { startOfMessages, type LoggedMessage } from './message-log.js';
import { MessagesArguments, MessageView } from './messages.dto.js';
import { MessagesService } from './messages.service.js';
import { messagePeriod } from './messages.topics.js';

/** A message with the fields that most readers want beside its value. */
export const messageView = (message: LoggedMessage): MessageView => {
  const { type, year, month } = messagePeriod(message);
  const { partition, offset, cursor, key, value } = message;
  return {
    partition: partition ?? null,
    offset: offset ?? null,
    cursor: cursor ?? null,
    key,
    timestamp: new Date(message.timestampMs).toISOString(),
    type,
    year,
    month,
    value,
  };
};

const never = new AbortController().signal;

@Resolver(() => MessageView)
export class MessagesResolver {
  constructor(@Inject(MessagesService) private readonly service: MessagesService) {}

  @Query(() => [MessageView], {
    description: 'Messages in order: those behind offset `after` or a cursor, or from the first.',
  })
  async messages(@Args() { after, limit, cursor }: MessagesArguments): Promise<MessageView[]> {
    if (after !== undefined && cursor !== undefined) {
      const message = 'after and cursor: only one';
      throw refusal(httpErrors, 'REQUEST_INVALID', { status: 400, message });
    }
    const from =
      cursor === undefined
        ? this.service.cursorOf(String(after ?? startOfMessages))
        : this.service.cursorOf(cursor, 'cursor');
    const found = await this.service.read({ after: from, limit, waitMs: 0 }, never);
    return found.map(messageView);
  }
}
