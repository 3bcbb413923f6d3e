import { Inject } from '@nestjs/common';
import { Args, Field, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { z } from 'zod';
import { byteCountScalar } from '../platform/http/whole-number.scalars.js';
import { shaped } from '../platform/http/request-shape.js';
import { periodArguments } from './data-records.resolver.js';
import { explainAfter, ExplainService } from './explain.service.js';

@ObjectType({ isAbstract: true })
abstract class ExplainedVersionFields {
  @Field(() => ID) internalRecordId!: string;
  @Field(() => String) recordedAt!: string;
  @Field(() => byteCountScalar) recordedBytes!: number;
  @Field(() => byteCountScalar) runningTotalBytes!: number;
  @Field(() => String) status!: string;
  @Field(() => Boolean, { description: 'Of a line without a line break: it may be cut off.' })
  provisional!: boolean;
  @Field(() => byteCountScalar, { description: 'Offset in the log.' }) version!: number;
  @Field(() => String, { nullable: true }) feed!: string | null;
  @Field(() => String, { nullable: true }) file!: string | null;
  @Field(() => Int, { nullable: true }) line!: number | null;
}

@ObjectType()
export class ExplainedVersion extends ExplainedVersionFields {}

@ObjectType()
export class ExplainedRecord extends ExplainedVersionFields {
  @Field(() => [ExplainedVersion]) earlierVersions!: ExplainedVersion[];
}

@ObjectType()
export class ExplainedAgreement {
  @Field(() => ID) id!: string;
  @Field(() => String) signedAt!: string;
  @Field(() => String) serviceStartAt!: string;
  @Field(() => byteCountScalar) maxBytesInBillingPeriod!: number;
  @Field(() => String) why!: string;
}

@ObjectType()
export class ExplainedMessage {
  @Field(() => byteCountScalar, { nullable: true, description: 'Null for a copy (cluster).' })
  offset!: number | null;
  @Field(() => String, { description: 'The JSON as it goes on the wire.' }) value!: string;
}

@ObjectType()
export class Explanation {
  @Field(() => ID) agreementId!: string;
  @Field(() => Int) year!: number;
  @Field(() => Int) month!: number;
  @Field(() => String) periodStart!: string;
  @Field(() => String) periodEnd!: string;
  @Field(() => ExplainedAgreement) agreement!: ExplainedAgreement;
  @Field(() => [ExplainedAgreement]) rivals!: ExplainedAgreement[];
  @Field(() => byteCountScalar) maxBytesInBillingPeriod!: number;
  @Field(() => byteCountScalar) totalRecordedBytes!: number;
  @Field(() => byteCountScalar) countedBytes!: number;
  @Field(() => byteCountScalar) lateBytes!: number;
  @Field(() => Boolean) exceeded!: boolean;
  @Field(() => Boolean) closed!: boolean;
  @Field(() => ExplainedVersion, { nullable: true }) crossingRecord!: ExplainedVersion | null;
  @Field(() => [ExplainedRecord]) records!: ExplainedRecord[];
  @Field(() => String, { nullable: true, description: 'The after of the next page.' })
  next!: string | null;
  @Field(() => [ExplainedMessage]) messages!: ExplainedMessage[];
  @Field(() => Boolean) hasMoreMessages!: boolean;
}

/** Records of one answer; those of REST may be more. */
const mostAtOnce = 500;

const pageArguments = z.object({
  limit: z
    .number()
    .int()
    .min(1)
    .max(mostAtOnce)
    .nullish()
    .transform((limit) => limit ?? mostAtOnce),
  after: explainAfter.nullish().transform((after) => after ?? undefined),
});

@Resolver(() => Explanation)
export class ExplainResolver {
  constructor(@Inject(ExplainService) private readonly explanations: ExplainService) {}

  @Query(() => Explanation, { description: 'Why the total of a period is what it is.' })
  explain(
    @Args('agreementId', { type: () => ID }) agreementId: string,
    @Args('year', { type: () => Int }) year: number,
    @Args('month', { type: () => Int }) month: number,
    @Args('limit', { type: () => Int, nullable: true }) limit?: number,
    @Args('after', { type: () => String, nullable: true }) after?: string,
  ): Promise<unknown> {
    const period = shaped(periodArguments, { agreementId, year, month });
    return this.explanations.explain(period, shaped(pageArguments, { limit, after }));
  }
}
