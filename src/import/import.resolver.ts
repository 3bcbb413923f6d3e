import { Inject } from '@nestjs/common';
import { Args, Query, Resolver } from '@nestjs/graphql';
import { FilesQuery, ImportedFile } from './import.dto.js';
import { ImportService } from './import.service.js';

@Resolver(() => ImportedFile)
export class ImportResolver {
  constructor(@Inject(ImportService) private readonly imports: ImportService) {}

  @Query(() => [ImportedFile], { description: 'Imported files, newest first.' })
  async importFiles(@Args() page: FilesQuery): Promise<ImportedFile[]> {
    return (await this.imports.list(page)).items;
  }
}
