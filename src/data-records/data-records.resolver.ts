import { Inject } from '@nestjs/common';
import { Args, Field, ID, Int, Mutation, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { z } from 'zod';
import { byteCountScalar } from '../platform/http/whole-number.scalars.js';
import { shaped, shapedPart, uuidText } from '../platform/http/request-shape.js';
import { DataRecordUpsertRequest } from './data-records.dto.js';
import { refusal } from '../platform/http/refusal.js';
import { afterRecord } from './data-records.controller.js';
import { DataRecordsService } from './data-records.service.js';
import type { DataRecordJson } from './data-records.topics.js';
import { dataRecordsErrors } from './errors.js';

@ObjectType()
export class DataRecordKey {
  @Field(() => ID) agreementId!: string;
  @Field(() => Int) year!: number;
  @Field(() => Int) month!: number;
  @Field(() => String) recordedAt!: string;
  @Field(() => ID) internalRecordId!: string;
}

@ObjectType()
export class DataRecord {
  @Field(() => DataRecordKey) key!: DataRecordKey;
  @Field(() => byteCountScalar, { nullable: true }) recordedBytes!: number;
}

/** The arguments of a period; the wire contract has them as three plain ones. */
export const periodArguments = z.object({
  agreementId: uuidText,
  year: z.number().int().min(1).max(9998),
  month: z.number().int().min(1).max(12),
});

/** Records of one answer: the fields of more would hold the event loop up. */
const mostAtOnce = 2000;

const findRule =
  `A period, newest first: at most ${mostAtOnce} records. Of more, pages: limit, and after with ` +
  'recordedAt/internalRecordId of the last record.';

const pageArguments = z.object({
  limit: z
    .number()
    .int()
    .min(1)
    .max(mostAtOnce)
    .nullish()
    .transform((limit) => limit ?? undefined),
  after: afterRecord.nullish().transform((after) => after ?? undefined),
});

@Resolver(() => DataRecord)
export class DataRecordsResolver {
  constructor(@Inject(DataRecordsService) private readonly records: DataRecordsService) {}

  @Query(() => [DataRecord], { nullable: 'items', description: findRule })
  async findDataRecords(
    @Args('agreementId', { type: () => ID }) agreementId: string,
    @Args('year', { type: () => Int }) year: number,
    @Args('month', { type: () => Int }) month: number,
    @Args('limit', { type: () => Int, nullable: true }) most?: number,
    @Args('after', { type: () => String, nullable: true }) behind?: string,
  ): Promise<DataRecordJson[]> {
    const period = shaped(periodArguments, { agreementId, year, month });
    const { limit, after } = shaped(pageArguments, { limit: most, after: behind });
    if (limit !== undefined) return this.records.page(period, { after, limit });
    const found = await this.records.page(period, { after, limit: mostAtOnce + 1 });
    if (found.length <= mostAtOnce) return found;
    throw refusal(dataRecordsErrors, 'PERIOD_NEEDS_PAGES', { status: 422 });
  }

  @Query(() => String, { description: 'The total of a period in B, KB, MB and GB.' })
  getTotalDataUsage(
    @Args('agreementId', { type: () => ID }) agreementId: string,
    @Args('year', { type: () => Int }) year: number,
    @Args('month', { type: () => Int }) month: number,
  ): Promise<string> {
    return this.records.totalUsed(shaped(periodArguments, { agreementId, year, month }));
  }

  @Mutation(() => DataRecord, { description: 'Corrects a record, or adds one.' })
  upsertDataRecord(
    @Args('agreementId', { type: () => String }) id: string,
    @Args('upsertRequest', { type: () => DataRecordUpsertRequest })
    upsertRequest: DataRecordUpsertRequest,
  ): Promise<DataRecordJson> {
    const agreementId = shapedPart('agreementId', uuidText, id);
    const { recordedAt, ...rest } = upsertRequest;
    return this.records.correct({ agreementId, recordedAtMs: recordedAt, ...rest });
  }
}
