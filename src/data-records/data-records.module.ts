import { Module } from '@nestjs/common';
import { DataRecordsController } from './data-records.controller.js';
import { DataRecordsResolver } from './data-records.resolver.js';
import { DataRecordsService } from './data-records.service.js';
import { ExplainResolver } from './explain.resolver.js';
import { ExplainService } from './explain.service.js';

@Module({
  controllers: [DataRecordsController],
  providers: [DataRecordsService, ExplainService, DataRecordsResolver, ExplainResolver],
})
export class DataRecordsModule {}
