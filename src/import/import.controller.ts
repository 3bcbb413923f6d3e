import { Controller, Get, Header, Inject, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { pageLimit, shaped, wholeNumber } from '../platform/http/request-shape.js';
import { ImportService, type ImportFileJson } from './import.service.js';

const fileId = wholeNumber(1, 2 ** 31 - 1);
const listQuery = z.strictObject({ limit: pageLimit.default(100), after: fileId.optional() });

@ApiTags('import')
@Controller('api/import-files')
export class ImportController {
  constructor(@Inject(ImportService) private readonly imports: ImportService) {}

  @Get()
  @ApiOperation({ summary: 'Imported files with their books, newest first, page by page' })
  @ApiQuery({ name: 'limit', required: false })
  @ApiQuery({ name: 'after', required: false, description: '`next` of the page before' })
  list(@Query() query: unknown): Promise<{ items: ImportFileJson[]; next: number | null }> {
    return this.imports.list(shaped(listQuery, query));
  }

  @Get(':id')
  @ApiOperation({ summary: 'One file with its book' })
  get(@Param('id') id: string): Promise<ImportFileJson> {
    return this.imports.get(shaped(fileId, id));
  }

  @Get(':id/rejects')
  @ApiOperation({ summary: 'Refused lines with their reasons; fix them and drop the list again' })
  @ApiProduces('text/csv')
  @Header('content-type', 'text/csv; charset=utf-8')
  async rejects(@Param('id') id: string): Promise<StreamableFile> {
    return new StreamableFile(await this.imports.rejects(shaped(fileId, id)));
  }
}
