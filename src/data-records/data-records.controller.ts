import { Readable } from 'node:stream';
import {
  applyDecorators,
  Body,
  Controller,
  Get,
  Header,
  Inject,
  Param,
  Put,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import {
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProduces,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import { messageJson } from '../billing-window/index.js';
import { z } from 'zod';
import { listSchema, numberSchema, textSchema, uuidSchema } from '../platform/http/openapi.js';
import { shaped, shapedPart, uuidText, wholeNumber } from '../platform/http/request-shape.js';
import { parseIsoDateTime } from '../streaming/time/iso-date-time.js';
import { dataRecordSchema, explanationSchema, periodParameters } from './data-records.openapi.js';
import { DataRecordUpsertRequest } from './data-records.dto.js';
import { DataRecordsService } from './data-records.service.js';
import { placeText, type DataRecordJson } from './data-records.topics.js';
import { explainAfter, ExplainService, mostExplained } from './explain.service.js';

/** `/:agreementId/:year/:month`; the month with or without a leading zero. */
export const periodPath = z.object({
  agreementId: uuidText,
  year: wholeNumber(1, 9998),
  month: wholeNumber(1, 12),
});

const instant = z
  .string()
  .transform(parseIsoDateTime)
  .refine(Number.isSafeInteger, 'must begin with an ISO 8601 time with an offset');

/** Most records of a page. */
const mostRecords = 10_000;

const afterRule = 'recordedAt/internalRecordId of the last record of the page before';

/** `recordedAt/internalRecordId`; the plus sign of an offset may have become a blank. */
export const afterRecord = z
  .string()
  .regex(/^[^/]{1,64}\/[0-9a-fA-F-]{36}$/, `must be ${afterRule}`)
  .transform((text) => text.split('/'))
  .transform(([recordedAt, recordId]) => ({ recordedAt: recordedAt.replace(' ', '+'), recordId }))
  .pipe(z.object({ recordedAt: instant, recordId: uuidText }))
  .transform(({ recordedAt, recordId }) => ({
    recordedAtMs: recordedAt,
    recordId: recordId.toLowerCase(),
  }));

const monthQuery = z.object({
  limit: wholeNumber(1, mostRecords).optional(),
  after: afterRecord.optional(),
});

const explainQuery = z.object({
  limit: wholeNumber(1, mostExplained).default(mostExplained),
  after: explainAfter.optional(),
});

const limitQuery = (most: number) => ({
  name: 'limit',
  required: false,
  schema: numberSchema(1, most),
});

/** What of a reply is used here. */
interface Reply {
  header(name: string, value: string): Reply;
  send(body: string | Readable): unknown;
}

interface Request {
  readonly raw: { readonly destroyed: boolean; readonly socket: { readonly destroyed: boolean } };
}

/** `limit` and `after` as they came. */
type PageText = Readonly<Record<string, string>>;

/** RFC 8288, relative to the address that was asked. */
const nextLink = (last: DataRecordJson, limit: number): string =>
  `<?limit=${limit}&after=${encodeURIComponent(placeText(last))}>; rel="next"`;

/** Records as the text of one JSON array, in pieces. */
async function* arrayText(pages: AsyncIterable<readonly DataRecordJson[]>): AsyncGenerator<string> {
  let separator = '[';
  for await (const page of pages) {
    if (page.length === 0) continue;
    yield separator + page.map((record) => JSON.stringify(record)).join(',');
    separator = ',';
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

/** The parts of the path as they came; `periodPath` checks them. */
type PeriodPath = Readonly<Record<string, string>>;

const OfPeriod = (): MethodDecorator =>
  applyDecorators(...periodParameters.map((parameter) => ApiParam(parameter)));

@ApiTags('data records')
@Controller('api/data-records')
export class DataRecordsController {
  constructor(
    @Inject(DataRecordsService) private readonly records: DataRecordsService,
    @Inject(ExplainService) private readonly explanations: ExplainService,
  ) {}

  @Get(':agreementId/:year/:month')
  @OfPeriod()
  @ApiOperation({
    summary: 'The records of a billing period, newest first',
    description:
      'All of them as a stream, or with limit a page; header Link names the next one, if any.',
  })
  @ApiQuery(limitQuery(mostRecords))
  @ApiQuery({ name: 'after', required: false, schema: textSchema, description: afterRule })
  @ApiOkResponse({ description: 'The records', schema: listSchema(dataRecordSchema) })
  async find(
    @Param() path: PeriodPath,
    @Query() query: PageText,
    @Res() reply: Reply,
  ): Promise<void> {
    const period = shaped(periodPath, path);
    const { limit, after } = shaped(monthQuery, query);
    reply.header('content-type', 'application/json; charset=utf-8');
    if (limit !== undefined) {
      const found = await this.records.page(period, { after, limit: limit + 1 });
      const page = found.slice(0, limit);
      if (found.length > limit) reply.header('link', nextLink(page[limit - 1], limit));
      reply.send(JSON.stringify(page));
      return;
    }
    const pieces = arrayText(await this.records.pieces(period, after));
    const first = await pieces.next(); // a fault before the first byte is answered as one
    reply.send(Readable.from(goingOn(first, pieces)));
  }

  @Get(':agreementId/:year/:month/total-data-used')
  @OfPeriod()
  @Header('content-type', 'text/plain; charset=utf-8')
  @ApiOperation({ summary: 'The total of a billing period in B, KB, MB and GB' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ description: 'Four lines', schema: textSchema })
  totalUsed(@Param() path: PeriodPath): Promise<string> {
    return this.records.totalUsed(shaped(periodPath, path));
  }

  /** The messages go out as they are on the wire, so the text is put together by hand. */
  @Get(':agreementId/:year/:month/explain')
  @OfPeriod()
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({
    summary: 'Why the total of a billing period is what it is, line by line',
    description: 'Records in the order of counting, page by page: next is the after of the next.',
  })
  @ApiQuery(limitQuery(mostExplained))
  @ApiQuery({ name: 'after', required: false, schema: textSchema, description: 'next of a page' })
  @ApiOkResponse({ description: 'The explanation', schema: explanationSchema })
  async explain(
    @Param() path: PeriodPath,
    @Query() query: PageText,
    @Req() request: Request,
  ): Promise<string> {
    const page = shaped(explainQuery, query);
    const { messages, ...rest } = await this.explanations.explain(shaped(periodPath, path), {
      ...page,
      isGone: () => request.raw.destroyed || request.raw.socket.destroyed,
    });
    const text = JSON.stringify(rest);
    return `${text.slice(0, -1)},"messages":[${messages.map(messageJson).join(',')}]}`;
  }

  @Put(':agreementId')
  @ApiOperation({ summary: 'Correct a record, or add one; the answer comes when it is counted' })
  @ApiParam({ name: 'agreementId', schema: uuidSchema })
  @ApiOkResponse({ description: 'The record as it is now', schema: dataRecordSchema })
  correct(
    @Param('agreementId') id: string,
    @Body() body: DataRecordUpsertRequest,
  ): Promise<DataRecordJson> {
    const agreementId = shapedPart('agreementId', uuidText, id);
    const { recordedAt, ...rest } = body;
    return this.records.correct({ agreementId, recordedAtMs: recordedAt, ...rest });
  }
}
