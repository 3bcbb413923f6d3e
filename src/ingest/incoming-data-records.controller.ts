import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  fieldsSchema,
  linesSchema,
  numberSchema,
  textSchema,
  uuidSchema,
} from '../platform/http/openapi.js';
import type { LinesTaken } from '../platform/http/refusal.js';
import { IncomingDataRecordsService } from './incoming-data-records.service.js';

const recordFields = {
  externalId: textSchema,
  recordedAt: textSchema,
  msisdn: textSchema,
  recordedBytes: numberSchema(),
};
const recordSchema = {
  ...fieldsSchema(recordFields),
  properties: { ...recordFields, internalId: uuidSchema },
};

@ApiTags('incoming data records')
@Controller('api/incoming-data-records')
export class IncomingDataRecordsController {
  constructor(
    @Inject(IncomingDataRecordsService) private readonly records: IncomingDataRecordsService,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Send data records; durable and counted when answered' })
  @ApiOkResponse({ description: 'What became of the lines', schema: linesSchema })
  @ApiConsumes('application/json', 'application/x-ndjson')
  @ApiBody({
    schema: {
      ...recordSchema,
      example: {
        externalId: '8aae90a1-c2e7-33e5-9fab-f8f3e1900906',
        recordedAt: '2020-01-02T00:00+01:00[Europe/Warsaw]',
        msisdn: '48917846822',
        recordedBytes: 825012938,
      },
    },
  })
  add(@Body() body: unknown): Promise<LinesTaken> {
    return this.records.add(body);
  }
}
