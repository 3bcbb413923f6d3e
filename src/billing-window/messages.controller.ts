import { Controller, Get, Header, Inject, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { answerCancelled, type PendingAnswer } from '../platform/http/request-cancelled.js';
import { textStream } from '../platform/http/text-stream.js';
import { startOfMessages, type LoggedMessage } from './message-log.js';
import { MessagesQuery, MessagesShape } from './messages.dto.js';
import { cursorJson, messageJson } from './messages.topics.js';
import { MessagesService } from './messages.service.js';

/** Messages that are read and written at once. */
const messagesOfRun = 256;
const jsonType = 'application/json; charset=utf-8';

@ApiTags('messages')
@Controller('api/data-records-aggregates')
export class MessagesController {
  constructor(@Inject(MessagesService) private readonly messages: MessagesService) {}

  @Get()
  @Header('content-type', jsonType)
  @ApiOperation({
    summary: 'Messages for systems downstream, in order',
    description:
      'Those behind `after`, oldest first; with `wait` the answer comes with the first new one. ' +
      'Ask again with `next` as `after`. docs/WIRE-CONTRACT.md says what the types mean.',
  })
  @ApiOkResponse({ description: 'The messages', type: MessagesShape })
  async list(
    @Query() { latest, limit, wait, ...query }: MessagesQuery,
    @Res({ passthrough: true }) answer: PendingAnswer,
  ): Promise<string | StreamableFile> {
    const after = this.messages.cursorOf(query.after);
    if (latest !== undefined) return pageJson(await this.messages.latest(latest), after);
    const cancel = answerCancelled(answer);
    const asked = { after, limit: Math.min(limit, messagesOfRun), waitMs: wait * 1000 };
    const found = await this.messages.read(asked, cancel);
    if (found.length === limit || found.length < messagesOfRun) return pageJson(found, after);
    return new StreamableFile(textStream(this.#runs(found, limit)), { type: jsonType });
  }

  /** A long answer is read as it is taken, so a slow reader of it costs no memory. */
  async *#runs(run: readonly LoggedMessage[], limit: number): AsyncGenerator<Buffer> {
    let [cursor, left] = [startOfMessages, limit];
    let before = '{"messages":[';
    for (; run.length > 0; before = ',') {
      const text = Buffer.from(before + run.map(messageJson).join(','));
      cursor = run.at(-1)?.cursor ?? cursor;
      left -= run.length;
      run = []; // not kept while nobody reads
      yield text;
      run = left > 0 ? await this.messages.behind(cursor, Math.min(left, messagesOfRun)) : [];
    }
    yield Buffer.from(`],"next":${cursorJson(cursor)}}`);
  }
}

const pageJson = (found: readonly LoggedMessage[], after: string): string => {
  const next = cursorJson(found.at(-1)?.cursor ?? after);
  return `{"messages":[${found.map(messageJson).join(',')}],"next":${next}}`;
};
