import { Readable } from 'node:stream';
import { Controller, Get, Header, Inject, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { fieldsSchema, listSchema, numberSchema } from '../platform/http/openapi.js';
import { answerCancelled, type PendingAnswer } from '../platform/http/request-cancelled.js';
import { shaped, wholeNumber } from '../platform/http/request-shape.js';
import { startOfMessages, type LoggedMessage } from './message-log.js';
import { cursorSchema, messageSchema } from './messages.openapi.js';
import { cursorJson, messageJson } from './messages.topics.js';
import { MessagesService } from './messages.service.js';

const maxWaitSeconds = 60;
const mostLatest = 100;
/** Messages that are read and written at once. */
const messagesOfRun = 500;
const jsonType = 'application/json; charset=utf-8';

/** The query of the messages; what a cursor is depends on the mode. */
const messagesQuery = (messages: MessagesService) =>
  z.strictObject({
    after: z
      .string({ error: messages.cursorRule })
      .refine((text) => messages.cursor(text) !== undefined, messages.cursorRule)
      .transform((text) => messages.cursor(text) ?? text)
      .default(startOfMessages),
    latest: wholeNumber(1, mostLatest).optional(),
    limit: wholeNumber(1, 10_000).default(100),
    wait: wholeNumber(0, maxWaitSeconds).default(0),
  });

const messagesSchema = fieldsSchema({ messages: listSchema(messageSchema), next: cursorSchema });

@ApiTags('messages')
@Controller('api/data-records-aggregates')
export class MessagesController {
  readonly #query: ReturnType<typeof messagesQuery>;

  constructor(@Inject(MessagesService) private readonly messages: MessagesService) {
    this.#query = messagesQuery(messages);
  }

  @Get()
  @Header('content-type', jsonType)
  @ApiOperation({ summary: 'Messages for systems downstream, in order' })
  @ApiQuery({
    name: 'after',
    required: false,
    schema: cursorSchema,
    description: '`next` of the answer before',
  })
  @ApiQuery({
    name: 'latest',
    required: false,
    schema: numberSchema(1, mostLatest),
    description: 'this many of the newest messages, in place of those behind `after`',
  })
  @ApiQuery({ name: 'limit', required: false, schema: numberSchema(1, 10_000, 100) })
  @ApiQuery({
    name: 'wait',
    required: false,
    schema: numberSchema(0, maxWaitSeconds, 0),
    description: 'seconds to wait for a message',
  })
  @ApiOkResponse({ description: 'The messages', schema: messagesSchema })
  async list(
    @Query() query: unknown,
    @Res({ passthrough: true }) answer: PendingAnswer,
  ): Promise<string | StreamableFile> {
    const { after, latest, limit, wait } = shaped(this.#query, query);
    if (latest !== undefined) return pageJson(await this.messages.latest(latest), after);
    const cancel = answerCancelled(answer);
    const asked = { after, limit: Math.min(limit, messagesOfRun), waitMs: wait * 1000 };
    const found = await this.messages.read(asked, cancel);
    if (found.length === limit || found.length < messagesOfRun) return pageJson(found, after);
    return new StreamableFile(Readable.from(this.#runs(found, limit)), { type: jsonType });
  }

  /** A long answer is read as it is taken, so a slow reader of it costs no memory. */
  async *#runs(first: readonly LoggedMessage[], limit: number): AsyncGenerator<Buffer> {
    let [cursor, left] = [startOfMessages, limit];
    let before = '{"messages":[';
    for (let run = first; run.length > 0; before = ',') {
      yield Buffer.from(before + run.map(messageJson).join(','));
      cursor = run.at(-1)?.cursor ?? cursor;
      left -= run.length;
      run = left > 0 ? await this.messages.behind(cursor, Math.min(left, messagesOfRun)) : [];
    }
    yield Buffer.from(`],"next":${cursorJson(cursor)}}`);
  }
}

const pageJson = (found: readonly LoggedMessage[], after: string): string => {
  const next = cursorJson(found.at(-1)?.cursor ?? after);
  return `{"messages":[${found.map(messageJson).join(',')}],"next":${next}}`;
};
