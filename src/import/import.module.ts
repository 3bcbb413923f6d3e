import { Module } from '@nestjs/common';
import { ImportController } from './import.controller.js';
import { ImportResolver } from './import.resolver.js';
import { ImportService } from './import.service.js';

@Module({ controllers: [ImportController], providers: [ImportService, ImportResolver] })
export class ImportModule {}
