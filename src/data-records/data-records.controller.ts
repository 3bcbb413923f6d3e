import { Readable } from 'node:stream';
import {
  applyDecorators,
  Body,
  Controller,
  Get,
  Header,
  Headers,
  Inject,
  Param,
  Put,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { messageJson } from '../billing-window/index.js';
import { prefersJson } from '../platform/http/accepted.js';
import { textStream } from '../platform/http/text-stream.js';
import {
  AgreementOfPath,
  DataRecord,
  DataRecordUpsertRequest,
  MonthQuery,
  PeriodPath,
  TotalUsed,
} from './data-records.dto.js';
import { DataRecordsService } from './data-records.service.js';
import { placeText, type DataRecordJson } from './data-records.topics.js';
import { totalText } from './domain/total-text.js';
import { ExplainQuery, ExplanationShape } from './explain.dto.js';
import { ExplainService } from './explain.service.js';

const jsonType = 'application/json; charset=utf-8';
const plainText = 'text/plain; charset=utf-8';

/** What of a reply is used here. */
interface Reply {
  header(name: string, value: string): Reply;
  send(body: string | Readable): unknown;
}

interface Request {
  readonly raw: { readonly destroyed: boolean; readonly socket: { readonly destroyed: boolean } };
}

/** RFC 8288, relative to the address that was asked. */
const nextLink = (last: DataRecordJson, limit: number): string =>
  `<?limit=${limit}&after=${encodeURIComponent(placeText(last))}>; rel="next"`;

/** Some 30 KB: longer texts are collected late, so that many readers would take much memory. */
const recordsAPiece = 128;

/** Records as the text of one JSON array, in pieces. */
async function* arrayText(pages: AsyncIterable<readonly DataRecordJson[]>): AsyncGenerator<string> {
  let separator = '[';
  for await (const page of pages) {
    for (let at = 0; at < page.length; at += recordsAPiece) {
      const some = page.slice(at, at + recordsAPiece);
      yield separator + some.map((record) => JSON.stringify(record)).join(',');
      separator = ',';
    }
  }
  yield separator === '[' ? '[]' : ']';
}

async function* goingOn(
  first: IteratorResult<string, unknown>,
  rest: AsyncGenerator<string>,
): AsyncGenerator<string> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

const lines = '13559994361 B\n13242182 KB\n12932 MB\n13 GB';

const ApiTotal = (): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(TotalUsed),
    ApiOkResponse({
      description: 'Four lines of text, or JSON for a caller who prefers it (Accept)',
      content: {
        'text/plain': { schema: { type: 'string' }, example: lines },
        'application/json': { schema: { $ref: getSchemaPath(TotalUsed) } },
      },
    }),
  );

@ApiTags('data records')
@Controller('api/data-records')
export class DataRecordsController {
  constructor(
    @Inject(DataRecordsService) private readonly records: DataRecordsService,
    @Inject(ExplainService) private readonly explanations: ExplainService,
  ) {}

  @Get(':agreementId/:year/:month')
  @ApiOperation({
    summary: 'The records of a billing period, newest first',
    description:
      'All of them as a stream, or with limit a page; header Link names the next one, if any.',
  })
  @ApiOkResponse({
    description: 'The records',
    type: [DataRecord],
    headers: {
      link: { description: 'The next page (RFC 8288), if any', schema: { type: 'string' } },
    },
  })
  async find(
    @Param() period: PeriodPath,
    @Query() { limit, after }: MonthQuery,
    @Res() reply: Reply,
  ): Promise<void> {
    reply.header('content-type', jsonType);
    if (limit !== undefined) {
      const found = await this.records.page(period, { after, limit: limit + 1 });
      const page = found.slice(0, limit);
      if (found.length > limit) reply.header('link', nextLink(page[limit - 1], limit));
      reply.send(JSON.stringify(page));
      return;
    }
    const pieces = arrayText(await this.records.pieces(period, after));
    const first = await pieces.next(); // a fault before the first byte is answered as one
    reply.send(textStream(goingOn(first, pieces)));
  }

  @Get(':agreementId/:year/:month/total-data-used')
  @ApiOperation({
    summary: 'The total of a billing period',
    description: 'In B, KB, MB and GB, each of 1024 of the one before, rounded half up.',
  })
  @ApiTotal()
  async totalUsed(
    @Param() period: PeriodPath,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<string> {
    const total = await this.records.totalBytes(period);
    reply.header('vary', 'accept');
    reply.header('content-type', prefersJson(accept) ? jsonType : plainText);
    return prefersJson(accept) ? totalJson(period, total) : totalText(total);
  }

  /** The messages go out as they are on the wire, so the text is put together by hand. */
  @Get(':agreementId/:year/:month/explain')
  @Header('content-type', jsonType)
  @ApiOperation({
    summary: 'Why the total of a billing period is what it is, line by line',
    description:
      'Records in the order of counting, page by page, each with the file and line it came from; ' +
      '`next` is `after` of the next page. What is said of the whole period stands on each page.',
  })
  @ApiOkResponse({ description: 'The explanation', type: ExplanationShape })
  async explain(
    @Param() period: PeriodPath,
    @Query() page: ExplainQuery,
    @Req() request: Request,
  ): Promise<string> {
    const { messages, ...rest } = await this.explanations.explain(period, {
      ...page,
      isGone: () => request.raw.destroyed || request.raw.socket.destroyed,
    });
    const text = JSON.stringify(rest);
    return `${text.slice(0, -1)},"messages":[${messages.map(messageJson).join(',')}]}`;
  }

  @Put(':agreementId')
  @ApiOperation({
    summary: 'Correct a record, or add one',
    description:
      'The answer comes when it is counted. Messages say what moved when the period was exceeded ' +
      'or closed before; explain keeps what the record was.',
  })
  @ApiOkResponse({ description: 'The record as it is now', type: DataRecord })
  correct(
    @Param() { agreementId }: AgreementOfPath,
    @Body() { recordedAt, ...rest }: DataRecordUpsertRequest,
  ): Promise<DataRecord> {
    return this.records.correct({ agreementId, recordedAtMs: recordedAt, ...rest });
  }
}

/** By hand: a sum may have more digits than a number of JavaScript holds. */
const totalJson = ({ agreementId, year, month }: PeriodPath, total: number | bigint): string => {
  const period = JSON.stringify({ agreementId: agreementId.toLowerCase(), year, month });
  return `${period.slice(0, -1)},"totalRecordedBytes":${total}}`;
};
