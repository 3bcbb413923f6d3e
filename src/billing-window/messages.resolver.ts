import { Args, Field, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { Inject } from '@nestjs/common';
import { z } from 'zod';
import { byteCountScalar } from '../platform/http/byte-count.scalar.js';
import { shaped } from '../platform/http/request-shape.js';
import type { LoggedMessage } from './message-log.js';
import { MessagesService } from './messages.service.js';
import { messagePeriod } from './messages.topics.js';

@ObjectType('Message', { description: 'A message of topic data-records-aggregates.' })
export class MessageType {
  @Field(() => byteCountScalar) offset!: number;
  @Field(() => ID, { description: 'The id of the agreement.' }) key!: string;
  @Field(() => String) timestamp!: string;
  @Field(() => String) type!: string;
  @Field(() => Int) year!: number;
  @Field(() => Int) month!: number;
  @Field(() => String, { description: 'The JSON as it goes on the wire.' }) value!: string;
}

/** A message with the fields that most readers want beside its value. */
export const messageView = (message: LoggedMessage): MessageType => {
  const { type, year, month } = messagePeriod(message);
  const { offset, key, value } = message;
  return {
    offset,
    key,
    timestamp: new Date(message.timestampMs).toISOString(),
    type,
    year,
    month,
    value,
  };
};

const page = z.object({
  after: z.number().int().min(-1),
  limit: z.number().int().min(1).max(1000),
});

const never = new AbortController().signal;

@Resolver(() => MessageType)
export class MessagesResolver {
  constructor(@Inject(MessagesService) private readonly service: MessagesService) {}

  @Query(() => [MessageType], {
    description: 'Messages in order: those behind offset `after`, or from the first.',
  })
  async messages(
    @Args('after', { type: () => byteCountScalar, nullable: true }) after: number | null,
    @Args('limit', { type: () => Int, defaultValue: 100 }) limit: number,
  ): Promise<MessageType[]> {
    const request = { ...shaped(page, { after: after ?? -1, limit }), waitMs: 0 };
    return (await this.service.read(request, never)).map(messageView);
  }
}
