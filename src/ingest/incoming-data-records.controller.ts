import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiLines } from '../platform/http/api-lines.js';
import { LinesTakenShape } from '../platform/http/lines.dto.js';
import { IncomingDataRecord } from './incoming-data-records.dto.js';
import { IncomingDataRecordsService } from './incoming-data-records.service.js';

@ApiTags('incoming data records')
@Controller('api/incoming-data-records')
export class IncomingDataRecordsController {
  constructor(
    @Inject(IncomingDataRecordsService) private readonly records: IncomingDataRecordsService,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Send data records',
    description:
      'One JSON object, an array of them, or one object a line (NDJSON). Durable and counted ' +
      'when answered. Good lines are taken also when others are refused; a record that was sent ' +
      'before is accepted and changes nothing.',
  })
  @ApiLines(IncomingDataRecord)
  @ApiOkResponse({ description: 'What became of the lines', type: LinesTakenShape })
  add(@Body() body: unknown): Promise<LinesTakenShape> {
    return this.records.add(body);
  }
}
