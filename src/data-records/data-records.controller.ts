import { applyDecorators, Body, Controller, Get, Header, Inject, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import { messageJson } from '../billing-window/index.js';
import { z } from 'zod';
import { listSchema, textSchema, uuidSchema } from '../platform/http/openapi.js';
import { shaped, uuidText, wholeNumber } from '../platform/http/request-shape.js';
import { dataRecordSchema, explanationSchema, periodParameters } from './data-records.openapi.js';
import { DataRecordUpsertRequest } from './data-records.dto.js';
import { DataRecordsService } from './data-records.service.js';
import type { DataRecordJson } from './data-records.topics.js';
import { ExplainService } from './explain.service.js';

/** `/:agreementId/:year/:month`; the month with or without a leading zero. */
export const periodPath = z.object({
  agreementId: uuidText,
  year: wholeNumber(1, 9998),
  month: wholeNumber(1, 12),
});

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
  @ApiOperation({ summary: 'The records of a billing period, newest first' })
  @ApiOkResponse({ description: 'The records', schema: listSchema(dataRecordSchema) })
  find(@Param() path: PeriodPath): Promise<DataRecordJson[]> {
    return this.records.find(shaped(periodPath, path));
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
  @ApiOperation({ summary: 'Why the total of a billing period is what it is, line by line' })
  @ApiOkResponse({ description: 'The explanation', schema: explanationSchema })
  async explain(@Param() path: PeriodPath): Promise<string> {
    const { messages, ...rest } = await this.explanations.explain(shaped(periodPath, path));
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
    const agreementId = shaped(uuidText, id);
    const { recordedAt, ...rest } = body;
    return this.records.correct({ agreementId, recordedAtMs: recordedAt, ...rest });
  }
}
