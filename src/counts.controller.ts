import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { fieldsSchema, numberSchema, orNull } from './platform/http/openapi.js';

/** What the first page shows. */
export interface Counts {
  readonly agreements: number;
  readonly files: number;
  readonly records: number;
  readonly messages: number;
  /** -1 when there is none yet; null in the cluster, where each partition has its own. */
  readonly lastMessageOffset: number | null;
}

export type CountsOf = () => Promise<Counts>;

export const COUNTS = Symbol('Counts');

const countsSchema = fieldsSchema({
  agreements: numberSchema(),
  files: numberSchema(),
  records: numberSchema(),
  messages: numberSchema(),
  lastMessageOffset: orNull(numberSchema(-1)),
});

@ApiTags('counts')
@Controller('api/counts')
export class CountsController {
  constructor(@Inject(COUNTS) private readonly counts: CountsOf) {}

  @Get()
  @ApiOperation({ summary: 'How many agreements, files, records and messages there are' })
  @ApiOkResponse({ description: 'The counts', schema: countsSchema })
  get(): Promise<Counts> {
    return this.counts();
  }
}
