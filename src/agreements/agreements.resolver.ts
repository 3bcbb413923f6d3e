import { Args, Field, ID, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { Inject } from '@nestjs/common';
import { byteCountScalar } from '../platform/http/whole-number.scalars.js';
import { msisdnText, shapedPart, uuidText } from '../platform/http/request-shape.js';
import { agreementToJson, type AgreementJson } from './domain/agreement.js';
import { AgreementsService } from './agreements.service.js';

@ObjectType('Agreement')
export class AgreementType {
  @Field(() => ID) id!: string;
  @Field(() => String) msisdn!: string;
  @Field(() => String) signedAt!: string;
  @Field(() => String) serviceStartAt!: string;
  @Field(() => String) billingPeriodTimeZone!: string;
  @Field(() => byteCountScalar) maxBytesInBillingPeriod!: number;
}

@Resolver(() => AgreementType)
export class AgreementsResolver {
  constructor(@Inject(AgreementsService) private readonly service: AgreementsService) {}

  @Query(() => AgreementType, { description: 'One agreement.' })
  async agreement(@Args('id', { type: () => ID }) id: string): Promise<AgreementJson> {
    return agreementToJson(await this.service.get(shapedPart('id', uuidText, id)));
  }

  @Query(() => [AgreementType], { description: 'All agreements of one msisdn.' })
  async agreements(
    @Args('msisdn', { type: () => String }) msisdn: string,
  ): Promise<AgreementJson[]> {
    const found = await this.service.ofMsisdn(shapedPart('msisdn', msisdnText, msisdn));
    return found.map(agreementToJson);
  }
}
