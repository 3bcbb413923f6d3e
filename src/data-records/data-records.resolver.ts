import { Inject } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { refusal } from '../platform/http/refusal.js';
import {
  DataRecord,
  MonthArguments,
  mostAtOnce,
  PeriodPath,
  UpsertArguments,
} from './data-records.dto.js';
import { DataRecordsService } from './data-records.service.js';
import { totalText } from './domain/total-text.js';
import { dataRecordsErrors } from './errors.js';

const findRule =
  `A period, newest first: at most ${mostAtOnce} records. Of more, pages: limit, and after with ` +
  'recordedAt/internalRecordId of the last record.';

@Resolver(() => DataRecord)
export class DataRecordsResolver {
  constructor(@Inject(DataRecordsService) private readonly records: DataRecordsService) {}

  @Query(() => [DataRecord], { nullable: 'items', description: findRule })
  async findDataRecords(
    @Args() { limit, after, ...period }: MonthArguments,
  ): Promise<DataRecord[]> {
    if (limit !== undefined) return this.records.page(period, { after, limit });
    const found = await this.records.page(period, { after, limit: mostAtOnce + 1 });
    if (found.length <= mostAtOnce) return found;
    throw refusal(dataRecordsErrors, 'PERIOD_NEEDS_PAGES', { status: 422 });
  }

  @Query(() => String, { description: 'The total of a period in B, KB, MB and GB.' })
  async getTotalDataUsage(@Args() period: PeriodPath): Promise<string> {
    return totalText(await this.records.totalBytes(period));
  }

  @Mutation(() => DataRecord, { description: 'Corrects a record, or adds one.' })
  upsertDataRecord(@Args() { agreementId, upsertRequest }: UpsertArguments): Promise<DataRecord> {
    const { recordedAt, ...rest } = upsertRequest;
    return this.records.correct({ agreementId, recordedAtMs: recordedAt, ...rest });
  }
}
