import { Inject } from '@nestjs/common';
import { Query, Resolver } from '@nestjs/graphql';
import { PartitionShape } from './partitions.dto.js';
import { PartitionsService } from './partitions.service.js';

@Resolver(() => PartitionShape)
export class PartitionsResolver {
  constructor(@Inject(PartitionsService) private readonly service: PartitionsService) {}

  @Query(() => [PartitionShape], { description: 'Who counts each partition, and how far.' })
  partitions(): Promise<PartitionShape[]> {
    return this.service.list();
  }
}
