import { Module } from '@nestjs/common';
import { FeedsController } from './feeds.controller.js';
import { FeedsService } from './feeds.service.js';
import { IncomingDataRecordsController } from './incoming-data-records.controller.js';
import { IncomingDataRecordsService } from './incoming-data-records.service.js';

@Module({
  controllers: [FeedsController, IncomingDataRecordsController],
  providers: [FeedsService, IncomingDataRecordsService],
  exports: [FeedsService, IncomingDataRecordsService],
})
export class IngestModule {}
