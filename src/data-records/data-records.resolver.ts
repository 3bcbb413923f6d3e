import { Inject } from '@nestjs/common';
import { Args, Field, ID, Int, Mutation, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { z } from 'zod';
import { byteCountScalar } from '../platform/http/whole-number.scalars.js';
import { shaped, uuidText } from '../platform/http/request-shape.js';
import { DataRecordUpsertRequest } from './data-records.dto.js';
import { DataRecordsService } from './data-records.service.js';
import type { DataRecordJson } from './data-records.topics.js';

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

@Resolver(() => DataRecord)
export class DataRecordsResolver {
  constructor(@Inject(DataRecordsService) private readonly records: DataRecordsService) {}

  @Query(() => [DataRecord], { nullable: 'items', description: 'A period, newest first.' })
  findDataRecords(
    @Args('agreementId', { type: () => ID }) agreementId: string,
    @Args('year', { type: () => Int }) year: number,
    @Args('month', { type: () => Int }) month: number,
  ): Promise<DataRecordJson[]> {
    return this.records.find(shaped(periodArguments, { agreementId, year, month }));
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
    const agreementId = shaped(uuidText, id);
    const { recordedAt, ...rest } = upsertRequest;
    return this.records.correct({ agreementId, recordedAtMs: recordedAt, ...rest });
  }
}
