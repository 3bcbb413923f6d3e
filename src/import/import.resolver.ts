import { Inject } from '@nestjs/common';
import { Args, Field, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { z } from 'zod';
import { byteCountScalar } from '../platform/http/byte-count.scalar.js';
import { shaped } from '../platform/http/request-shape.js';
import { ImportService, type ImportFileJson } from './import.service.js';

@ObjectType()
export class ImportedFile {
  @Field(() => Int) id!: number;
  @Field(() => String) name!: string;
  @Field(() => String) feed!: string;
  @Field(() => String, { nullable: true }) sha256!: string | null;
  @Field(() => String) state!: string;
  @Field(() => byteCountScalar) bytes!: number;
  @Field(() => Int) lines!: number;
  @Field(() => Int) counted!: number;
  @Field(() => Int) late!: number;
  @Field(() => Int) waiting!: number;
  @Field(() => Int) duplicate!: number;
  @Field(() => Int) rejected!: number;
  @Field(() => String, { nullable: true }) firstRecordedAt!: string | null;
  @Field(() => String, { nullable: true }) lastRecordedAt!: string | null;
  @Field(() => String) registeredAt!: string;
  @Field(() => String, { nullable: true }) finishedAt!: string | null;
  @Field(() => String, { nullable: true }) reason!: string | null;
}

const page = z.object({
  limit: z.number().int().min(1).max(1000),
  after: z.number().int().min(1).nullish(),
});

@Resolver(() => ImportedFile)
export class ImportResolver {
  constructor(@Inject(ImportService) private readonly imports: ImportService) {}

  @Query(() => [ImportedFile], { description: 'Imported files, newest first.' })
  async importFiles(
    @Args('limit', { type: () => Int, defaultValue: 100 }) limit: number,
    @Args('after', { type: () => Int, nullable: true }) after?: number,
  ): Promise<ImportFileJson[]> {
    const request = shaped(page, { limit, after });
    return (await this.imports.list({ ...request, after: request.after ?? undefined })).items;
  }
}
