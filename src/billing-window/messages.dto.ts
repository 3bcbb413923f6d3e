import { ArgsType, Field, Int } from '@nestjs/graphql';
import { ApiProperty } from '@nestjs/swagger';
import {
  ByteCountField,
  IntField,
  ListField,
  OffsetField,
  PatternField,
  RestShape,
  Shape,
  ShapeField,
  TextField,
  TimeField,
  UuidField,
  WordField,
  wordsOf,
} from '../platform/http/fields.js';
import { Ruled, WholeNumber } from '../platform/http/inputs.js';
import { offsetScalar } from '../platform/http/whole-number.scalars.js';
import { aggregateTypes } from './billing-window.topics.js';
import { startOfMessages } from './message-log.js';

const mostLatest = 100;
const mostMessages = 10_000;
const mostInGraphql = 1000;
const defaultMessages = 100;
const longestWaitSeconds = 60;
const years = { minimum: 1, maximum: 9999 };
const months = { minimum: 1, maximum: 12 };

const messageTypes = wordsOf(
  'MessageType',
  aggregateTypes,
  'What a message says; docs/WIRE-CONTRACT.md has the meaning of each.',
);

const places = '\\d{1,9}:\\d{1,16}(,\\d{1,9}:\\d{1,16})*';
const isCursor = new RegExp(`^(-1|\\d{1,16}|${places})$`);

/** A cursor as `cursorJson` writes it, and as it may be sent. */
const cursorSchema = {
  oneOf: [
    { type: 'integer', format: 'int64', minimum: -1, maximum: Number.MAX_SAFE_INTEGER },
    { type: 'string', pattern: `^${places}$` },
  ],
};

/** `next` of the answer before; what a cursor is depends on the mode. */
const Cursor = (description: string): PropertyDecorator =>
  Ruled(
    {
      isRight: (value) => typeof value === 'string' && isCursor.test(value),
      message:
        'must be -1, the offset of a message (embedded), or partition:offset of the last message ' +
        'seen of each partition (cluster), such as 0:17,1:22',
    },
    { ...cursorSchema, default: Number(startOfMessages) },
    { optional: true, description },
  );

/** Which messages, over REST. */
export class MessagesQuery {
  @Cursor('`next` of the answer before; -1 is before the first.')
  after: string = startOfMessages;

  @WholeNumber(
    { minimum: 1, maximum: mostLatest },
    {
      optional: true,
      description: 'This many of the newest messages, in place of those behind `after`.',
    },
  )
  latest?: number;

  @WholeNumber({ minimum: 1, maximum: mostMessages }, { optional: true, default: defaultMessages })
  limit: number = defaultMessages;

  @WholeNumber(
    { minimum: 0, maximum: longestWaitSeconds },
    { optional: true, default: 0, description: 'Seconds to wait for a message.' },
  )
  wait: number = 0;
}

/** Which messages, over GraphQL: behind an offset (embedded) or behind a cursor. */
@ArgsType()
export class MessagesArguments {
  @Field(() => offsetScalar, { nullable: true })
  @WholeNumber({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER }, { optional: true })
  after?: number;

  @Field(() => Int, { defaultValue: defaultMessages })
  @WholeNumber({ minimum: 1, maximum: mostInGraphql }, { optional: true, default: defaultMessages })
  limit: number = defaultMessages;

  @Field(() => String, { nullable: true })
  @Cursor('`cursor` of a message')
  cursor?: string;
}

@RestShape('MessageHeaders', 'Headers of a message.')
export class MessageHeadersShape {
  @UuidField({ description: 'The same for the same message: drop what you know.' }) id!: string;
  @WordField(messageTypes) type!: string;
  @PatternField('^[1-9]\\d*$', { description: 'Of the period: 1, 2, 3 …' }) revision!: string;
}

@RestShape('AdjustingRecord', 'The record that moved a total.')
export class AdjustingRecordShape {
  @TimeField() recordedAt!: string;
  @UuidField() internalRecordId!: string;
}

const javaDate =
  '^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \\d{2} \\d{2}:\\d{2}:\\d{2} UTC \\d{1,4}$';

@RestShape('MessageValue', 'A message as it goes on topic data-records-aggregates.')
export class MessageValueShape {
  @UuidField() agreementId!: string;
  @IntField(years) year!: number;
  @IntField(months) month!: number;
  @PatternField(javaDate, {
    description: 'As Java’s Date writes it.',
    example: 'Fri Jan 10 23:00:00 UTC 2020',
  })
  latestRecordedAt!: string;
  @UuidField() latestInternalRecordId!: string;
  @ByteCountField({ example: 5697948758 }) totalRecordedBytes!: number;
  @TextField({ example: 'Europe/Warsaw' }) billingPeriodTimeZone!: string;
  @ByteCountField({ example: 5368709120 }) maxBytesInBillingPeriod!: number;
  @WordField(messageTypes) type!: string;
  @OffsetField({
    minimum: -Number.MAX_SAFE_INTEGER,
    optional: true,
    description: 'Of an adjustment: by how many bytes the total moved.',
  })
  delta?: number;
  @IntField({ minimum: 1, optional: true, description: 'Of an adjustment.' }) revision?: number;
  @ShapeField(() => AdjustingRecordShape, { optional: true, description: 'Of an adjustment.' })
  record?: AdjustingRecordShape;
}

@RestShape('Message', 'A message with its place in topic data-records-aggregates.')
export class MessageShape {
  @IntField({ optional: true, description: 'Of the topic; absent when embedded.' })
  partition?: number;
  @OffsetField({ minimum: 0, nullable: true, description: 'Null where it is not known.' })
  offset!: number | null;
  @UuidField({ description: 'The id of the agreement.' }) key!: string;
  @OffsetField({
    minimum: -Number.MAX_SAFE_INTEGER,
    description: 'Epoch ms: the last one of the period.',
    example: 1580511599999,
  })
  timestamp!: number;
  @ShapeField(() => MessageHeadersShape) headers!: MessageHeadersShape;
  @ShapeField(() => MessageValueShape) value!: MessageValueShape;
}

@RestShape('Messages', 'Messages in order, and where they go on.')
export class MessagesShape {
  @ListField(() => MessageShape) messages!: readonly MessageShape[];
  @ApiProperty({
    ...cursorSchema,
    description: 'What to ask with next: a number when embedded, `0:17,1:22` in the cluster.',
  })
  next!: number | string;
}

/** A message as GraphQL shows it. */
@Shape('Message', 'A message of topic data-records-aggregates.')
export class MessageView {
  @IntField({ nullable: true, description: 'Of the topic; null when embedded.' })
  partition!: number | null;
  @OffsetField({ nullable: true }) offset!: number | null;
  @TextField({ nullable: true, description: 'Asks for the messages behind this one.' })
  cursor!: string | null;
  @UuidField({ description: 'The id of the agreement.' }) key!: string;
  @TextField() timestamp!: string;
  @WordField(messageTypes) type!: string;
  @IntField() year!: number;
  @IntField() month!: number;
  @TextField({ description: 'The JSON as it goes on the wire.' }) value!: string;
}
