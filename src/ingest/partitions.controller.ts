import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { PartitionsShape } from './partitions.dto.js';
import { PartitionsService } from './partitions.service.js';

@ApiTags('partitions')
@Controller('api/partitions')
export class PartitionsController {
  constructor(@Inject(PartitionsService) private readonly partitions: PartitionsService) {}

  @Get()
  @ApiOperation({
    summary: 'Who counts each partition of the log, how far, and what is behind',
    description: 'What is null is not known to this process; cause is the last fault of the task.',
  })
  @ApiOkResponse({ description: 'The partitions', type: PartitionsShape })
  async list(): Promise<PartitionsShape> {
    return { items: await this.partitions.list() };
  }
}
