import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import { z } from 'zod';
import {
  fieldsSchema,
  linesSchema,
  numberSchema,
  pageSchema,
  textSchema,
  uuidSchema,
} from '../platform/http/openapi.js';
import type { LinesTaken } from '../platform/http/refusal.js';
import {
  msisdnText,
  pageLimit,
  shaped,
  shapedPart,
  uuidText,
  wholeNumber,
} from '../platform/http/request-shape.js';
import { agreementToJson, type AgreementJson } from './domain/agreement.js';
import { AgreementsService } from './agreements.service.js';

const listQuery = z.strictObject({
  msisdn: msisdnText.optional(),
  limit: pageLimit.optional(),
  after: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
});

const defaultLimit = 100;

const agreementSchema = fieldsSchema({
  id: uuidSchema,
  msisdn: textSchema,
  signedAt: textSchema,
  serviceStartAt: textSchema,
  billingPeriodTimeZone: textSchema,
  maxBytesInBillingPeriod: numberSchema(),
});

@ApiTags('agreements')
@Controller('api/agreements')
export class AgreementsController {
  constructor(@Inject(AgreementsService) private readonly agreements: AgreementsService) {}

  @Get()
  @ApiOperation({ summary: 'Agreements in the order they were accepted, page by page' })
  @ApiQuery({ name: 'msisdn', required: false, schema: textSchema })
  @ApiQuery({ name: 'limit', required: false, schema: numberSchema(1, 1000, defaultLimit) })
  @ApiQuery({
    name: 'after',
    required: false,
    schema: numberSchema(),
    description: '`next` of the page before',
  })
  @ApiOkResponse({ description: 'The page', schema: pageSchema(agreementSchema) })
  async list(@Query() query: unknown): Promise<{ items: AgreementJson[]; next: number | null }> {
    const { limit = defaultLimit, ...page } = shaped(listQuery, query);
    const found = await this.agreements.list({ ...page, limit });
    const next = found.length < limit ? null : (found.at(-1)?.place ?? null);
    return { items: found.map(agreementToJson), next };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One agreement' })
  @ApiParam({ name: 'id', schema: uuidSchema })
  @ApiOkResponse({ description: 'The agreement', schema: agreementSchema })
  async get(@Param('id') id: string): Promise<AgreementJson> {
    return agreementToJson(await this.agreements.get(shapedPart('id', uuidText, id)));
  }

  @Post()
  @ApiOperation({ summary: 'Add one agreement (JSON) or many (one JSON object a line)' })
  @ApiCreatedResponse({ description: 'What became of the lines', schema: linesSchema })
  @ApiConsumes('application/json', 'application/x-ndjson')
  @ApiBody({
    schema: {
      ...agreementSchema,
      example: {
        id: '0b12c601-9287-3f5c-a78c-df508fe0f889',
        msisdn: '48917846822',
        signedAt: '2019-12-20T00:00+01:00[Europe/Warsaw]',
        serviceStartAt: '2020-01-01T00:00+01:00[Europe/Warsaw]',
        billingPeriodTimeZone: 'Europe/Warsaw',
        maxBytesInBillingPeriod: 5368709120,
      },
    },
  })
  add(@Body() body: unknown): Promise<LinesTaken> {
    return this.agreements.addLines(body);
  }
}
