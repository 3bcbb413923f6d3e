import { Args, Query, Resolver } from '@nestjs/graphql';
import { Inject } from '@nestjs/common';
import { agreementToJson } from './domain/agreement.js';
import { AgreementPath, AgreementShape, SubscriberArguments } from './agreements.dto.js';
import { AgreementsService } from './agreements.service.js';

@Resolver(() => AgreementShape)
export class AgreementsResolver {
  constructor(@Inject(AgreementsService) private readonly service: AgreementsService) {}

  @Query(() => AgreementShape, { description: 'One agreement.' })
  async agreement(@Args() { id }: AgreementPath): Promise<AgreementShape> {
    return agreementToJson(await this.service.get(id));
  }

  @Query(() => [AgreementShape], { description: 'All agreements of one msisdn.' })
  async agreements(@Args() { msisdn }: SubscriberArguments): Promise<AgreementShape[]> {
    const found = await this.service.ofMsisdn(msisdn);
    return found.map(agreementToJson);
  }
}
