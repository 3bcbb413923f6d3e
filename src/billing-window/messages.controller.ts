import { Controller, Get, Header, Inject, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { fieldsSchema, listSchema, numberSchema } from '../platform/http/openapi.js';
import { answerCancelled, type PendingAnswer } from '../platform/http/request-cancelled.js';
import { shaped, wholeNumber } from '../platform/http/request-shape.js';
import { messageSchema } from './messages.openapi.js';
import { messageJson } from './messages.topics.js';
import { MessagesService } from './messages.service.js';

const maxWaitSeconds = 60;

const messagesQuery = z.strictObject({
  after: z
    .union([z.literal('-1').transform(Number), wholeNumber(0, Number.MAX_SAFE_INTEGER - 1)], {
      error: 'must be -1 or the offset of a message',
    })
    .default(-1),
  limit: wholeNumber(1, 10_000).default(100),
  wait: wholeNumber(0, maxWaitSeconds).default(0),
});

const messagesSchema = fieldsSchema({
  messages: listSchema(messageSchema),
  next: numberSchema(-1),
});

@ApiTags('messages')
@Controller('api/data-records-aggregates')
export class MessagesController {
  constructor(@Inject(MessagesService) private readonly messages: MessagesService) {}

  @Get()
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({ summary: 'Messages for systems downstream, in order' })
  @ApiQuery({
    name: 'after',
    required: false,
    schema: numberSchema(-1, undefined, -1),
    description: '`next` of the answer before',
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
  ): Promise<string> {
    const { after, limit, wait } = shaped(messagesQuery, query);
    const cancel = answerCancelled(answer);
    const found = await this.messages.read({ after, limit, waitMs: wait * 1000 }, cancel);
    const next = found.at(-1)?.offset ?? after;
    return `{"messages":[${found.map(messageJson).join(',')}],"next":${next}}`;
  }
}
