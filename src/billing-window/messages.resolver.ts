import { Args, Field, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { Inject } from '@nestjs/common';
import { z } from 'zod';
import { byteCountScalar } from '../platform/http/whole-number.scalars.js';
import { shaped } from '../platform/http/request-shape.js';
import { startOfMessages, type LoggedMessage } from './message-log.js';
import { MessagesService } from './messages.service.js';
import { messagePeriod } from './messages.topics.js';

@ObjectType('Message', { description: 'A message of topic data-records-aggregates.' })
export class MessageType {
  @Field(() => Int, { nullable: true, description: 'Of the topic; null when embedded.' })
  partition!: number | null;
  @Field(() => byteCountScalar, { nullable: true }) offset!: number | null;
  @Field(() => String, { nullable: true, description: 'Asks for the messages behind this one.' })
  cursor!: string | null;
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

const page = z.object({
  after: z.number().int().min(-1).nullish(),
  cursor: z.string().nullish(),
  limit: z.number().int().min(1).max(1000),
});

const never = new AbortController().signal;

@Resolver(() => MessageType)
export class MessagesResolver {
  readonly #page: z.ZodType<z.output<typeof page>>;

  constructor(@Inject(MessagesService) private readonly service: MessagesService) {
    const { cursorRule } = service;
    this.#page = page
      .refine(({ after, cursor }) => isNone(after) || isNone(cursor), 'after and cursor: only one')
      .refine((asked) => this.#cursor(asked) !== undefined, cursorRule);
  }

  @Query(() => [MessageType], {
    description: 'Messages in order: those behind offset `after` or a cursor, or from the first.',
  })
  async messages(
    @Args('after', { type: () => byteCountScalar, nullable: true }) after: number | null,
    @Args('limit', { type: () => Int, defaultValue: 100 }) limit: number,
    @Args('cursor', { type: () => String, nullable: true }) cursor?: string | null,
  ): Promise<MessageType[]> {
    const asked = shaped(this.#page, { after, cursor, limit });
    const from = this.#cursor(asked) ?? startOfMessages;
    const found = await this.service.read({ after: from, limit, waitMs: 0 }, never);
    return found.map(messageView);
  }

  #cursor({ after, cursor }: Pick<z.output<typeof page>, 'after' | 'cursor'>): string | undefined {
    return this.service.cursor(cursor ?? String(after ?? startOfMessages));
  }
}

const isNone = (value: unknown): boolean => value === undefined || value === null;
