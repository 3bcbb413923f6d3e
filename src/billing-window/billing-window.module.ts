import { Module } from '@nestjs/common';
import { MessagesController } from './messages.controller.js';
import { MessagesResolver } from './messages.resolver.js';
import { MessagesService } from './messages.service.js';

@Module({
  controllers: [MessagesController],
  providers: [MessagesService, MessagesResolver],
  exports: [MessagesService],
})
export class BillingWindowModule {}
