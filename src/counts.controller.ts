import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

/** What the first page shows. */
export interface Counts {
  readonly agreements: number;
  readonly files: number;
  readonly records: number;
  readonly messages: number;
  /** -1 when there is none yet. */
  readonly lastMessageOffset: number;
}

export type CountsOf = () => Promise<Counts>;

export const COUNTS = Symbol('Counts');

@ApiTags('counts')
@Controller('api/counts')
export class CountsController {
  constructor(@Inject(COUNTS) private readonly counts: CountsOf) {}

  @Get()
  @ApiOperation({ summary: 'How many agreements, files, records and messages there are' })
  get(): Promise<Counts> {
    return this.counts();
  }
}
