import { Controller, Get, Inject, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { attachmentNamed } from '../platform/http/attachment-name.js';
import { textSchema } from '../platform/http/openapi.js';
import { FilePath, FilesQuery, ImportedFile, ImportedFiles } from './import.dto.js';
import { ImportService } from './import.service.js';

@ApiTags('import')
@Controller('api/import-files')
export class ImportController {
  constructor(@Inject(ImportService) private readonly imports: ImportService) {}

  @Get()
  @ApiOperation({
    summary: 'Imported files with their books, page by page',
    description: 'Newest first. lines = counted + late + waiting + duplicate + rejected once done.',
  })
  @ApiOkResponse({ description: 'The page', type: ImportedFiles })
  list(@Query() query: FilesQuery): Promise<ImportedFiles> {
    return this.imports.list(query);
  }

  @Get(':id')
  @ApiOperation({
    summary: 'One file with its book',
    description:
      'The book goes on when waiting records get their agreement. 404 without such a file.',
  })
  @ApiOkResponse({ description: 'The file', type: ImportedFile })
  get(@Param() { id }: FilePath): Promise<ImportedFile> {
    return this.imports.get(id);
  }

  @Get(':id/rejects')
  @ApiOperation({
    summary: 'Refused lines with their reasons',
    description: 'Fix the lines and drop the list into the incoming folder again.',
  })
  @ApiOkResponse({ description: 'The list', schema: textSchema })
  @ApiProduces('text/csv')
  async rejects(@Param() { id }: FilePath): Promise<StreamableFile> {
    const { name, text } = await this.imports.rejects(id);
    return new StreamableFile(text, {
      type: 'text/csv; charset=utf-8',
      disposition: attachmentNamed(name),
    });
  }
}
