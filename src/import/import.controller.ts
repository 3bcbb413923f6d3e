import { Controller, Get, Header, Inject, Param, Query, StreamableFile } from '@nestjs/common';
import {
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProduces,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import { z } from 'zod';
import {
  fieldsSchema,
  numberSchema,
  orNull,
  pageSchema,
  textSchema,
  timeSchema,
} from '../platform/http/openapi.js';
import { pageLimit, shaped, wholeNumber } from '../platform/http/request-shape.js';
import { ImportService, type ImportFileJson } from './import.service.js';

const fileId = wholeNumber(1, 2 ** 31 - 1);
const listQuery = z.strictObject({ limit: pageLimit.default(100), after: fileId.optional() });

const fileSchema = fieldsSchema({
  id: numberSchema(1),
  name: textSchema,
  feed: textSchema,
  sha256: orNull(textSchema),
  state: { type: 'string', enum: ['queued', 'importing', 'done', 'failed'] },
  bytes: numberSchema(),
  lines: numberSchema(),
  counted: numberSchema(),
  late: numberSchema(),
  waiting: numberSchema(),
  duplicate: numberSchema(),
  rejected: numberSchema(),
  firstRecordedAt: orNull(timeSchema),
  lastRecordedAt: orNull(timeSchema),
  registeredAt: timeSchema,
  finishedAt: orNull(timeSchema),
  reason: orNull(textSchema),
});

@ApiTags('import')
@Controller('api/import-files')
export class ImportController {
  constructor(@Inject(ImportService) private readonly imports: ImportService) {}

  @Get()
  @ApiOperation({ summary: 'Imported files with their books, newest first, page by page' })
  @ApiQuery({ name: 'limit', required: false, schema: numberSchema(1, 1000, 100) })
  @ApiQuery({
    name: 'after',
    required: false,
    schema: numberSchema(1),
    description: '`next` of the page before',
  })
  @ApiOkResponse({ description: 'The page', schema: pageSchema(fileSchema) })
  list(@Query() query: unknown): Promise<{ items: ImportFileJson[]; next: number | null }> {
    return this.imports.list(shaped(listQuery, query));
  }

  @Get(':id')
  @ApiOperation({ summary: 'One file with its book' })
  @ApiParam({ name: 'id', schema: numberSchema(1) })
  @ApiOkResponse({ description: 'The file', schema: fileSchema })
  get(@Param('id') id: string): Promise<ImportFileJson> {
    return this.imports.get(shaped(fileId, id));
  }

  @Get(':id/rejects')
  @ApiOperation({ summary: 'Refused lines with their reasons; fix them and drop the list again' })
  @ApiParam({ name: 'id', schema: numberSchema(1) })
  @ApiOkResponse({ description: 'The list', schema: textSchema })
  @ApiProduces('text/csv')
  @Header('content-type', 'text/csv; charset=utf-8')
  async rejects(@Param('id') id: string): Promise<StreamableFile> {
    return new StreamableFile(await this.imports.rejects(shaped(fileId, id)));
  }
}
