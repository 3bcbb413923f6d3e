import { Inject } from '@nestjs/common';
import { Field, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { byteCountScalar } from '../platform/http/byte-count.scalar.js';
import { PartitionsService, type PartitionView } from './partitions.service.js';

@ObjectType('Partition', { description: 'A partition of the log and the task that counts it.' })
export class PartitionType {
  @Field(() => Int) partition!: number;
  @Field(() => String, { nullable: true, description: 'Null when no process tells of it.' })
  owner!: string | null;
  @Field(() => String) state!: string;
  @Field(() => byteCountScalar, { nullable: true }) position!: number | null;
  @Field(() => Int, { nullable: true }) cursor!: number | null;
  @Field(() => byteCountScalar, { nullable: true }) end!: number | null;
  @Field(() => byteCountScalar, { nullable: true }) lag!: number | null;
  @Field(() => byteCountScalar, { nullable: true }) snapshotPosition!: number | null;
  @Field(() => byteCountScalar, { nullable: true }) snapshotAgeSeconds!: number | null;
  @Field(() => Int, { nullable: true }) openPeriods!: number | null;
  @Field(() => String, { nullable: true }) watermark!: string | null;
  @Field(() => String, { nullable: true }) cause!: string | null;
  @Field(() => String, { nullable: true }) updatedAt!: string | null;
}

@Resolver(() => PartitionType)
export class PartitionsResolver {
  constructor(@Inject(PartitionsService) private readonly service: PartitionsService) {}

  @Query(() => [PartitionType], { description: 'Who counts each partition, and how far.' })
  partitions(): Promise<PartitionView[]> {
    return this.service.list();
  }
}
