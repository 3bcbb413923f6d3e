import { Module } from '@nestjs/common';
import { FeedsController } from './feeds.controller.js';
import { FeedsService } from './feeds.service.js';
import { IncomingDataRecordsController } from './incoming-data-records.controller.js';
import { IncomingDataRecordsService } from './incoming-data-records.service.js';
import { PartitionsController } from './partitions.controller.js';
import { PartitionsResolver } from './partitions.resolver.js';
import { PartitionsService } from './partitions.service.js';

@Module({
  controllers: [FeedsController, IncomingDataRecordsController, PartitionsController],
  providers: [FeedsService, IncomingDataRecordsService, PartitionsService, PartitionsResolver],
  exports: [FeedsService, IncomingDataRecordsService],
})
export class IngestModule {}
