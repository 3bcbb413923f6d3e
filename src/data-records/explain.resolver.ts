import { Inject } from '@nestjs/common';
import { Args, Query, Resolver } from '@nestjs/graphql';
import { ExplainArguments, ExplanationView } from './explain.dto.js';
import { ExplainService, type Explained } from './explain.service.js';

@Resolver(() => ExplanationView)
export class ExplainResolver {
  constructor(@Inject(ExplainService) private readonly explanations: ExplainService) {}

  @Query(() => ExplanationView, { description: 'Why the total of a period is what it is.' })
  explain(@Args() { limit, after, ...period }: ExplainArguments): Promise<Explained> {
    return this.explanations.explain(period, { limit, after });
  }
}
