import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  fieldsSchema,
  listSchema,
  numberSchema,
  orNull,
  textSchema,
  timeSchema,
} from '../platform/http/openapi.js';
import { PartitionsService, type PartitionView } from './partitions.service.js';

const partitionSchema = fieldsSchema({
  partition: numberSchema(),
  owner: orNull(textSchema),
  state: {
    type: 'string',
    enum: ['unowned', 'fencing', 'restoring', 'running', 'failed', 'stopped'],
  },
  position: orNull(numberSchema()),
  cursor: orNull(numberSchema()),
  end: orNull(numberSchema()),
  lag: orNull(numberSchema()),
  snapshotPosition: orNull(numberSchema()),
  snapshotAgeSeconds: orNull(numberSchema()),
  openPeriods: orNull(numberSchema()),
  watermark: orNull(timeSchema),
  cause: orNull(textSchema),
  updatedAt: orNull(timeSchema),
});

@ApiTags('partitions')
@Controller('api/partitions')
export class PartitionsController {
  constructor(@Inject(PartitionsService) private readonly partitions: PartitionsService) {}

  @Get()
  @ApiOperation({ summary: 'Who counts each partition of the log, how far, and what is behind' })
  @ApiOkResponse({
    description: 'The partitions',
    schema: fieldsSchema({ items: listSchema(partitionSchema) }),
  })
  async list(): Promise<{ items: PartitionView[] }> {
    return { items: await this.partitions.list() };
  }
}
