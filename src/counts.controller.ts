import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { GENERATOR_ON } from './generator/generator.controller.js';
import { FlagField, OffsetField, Shape } from './platform/http/fields.js';

/** What the first page shows. */
@Shape('Counts', 'How much there is.')
export class Counts {
  @OffsetField({ minimum: 0 }) agreements!: number;
  @OffsetField({ minimum: 0 }) files!: number;
  @OffsetField({ minimum: 0 }) records!: number;
  @OffsetField({ minimum: 0 }) messages!: number;
  @OffsetField({
    minimum: -1,
    nullable: true,
    description: '-1 when there is none yet; null in the cluster: each partition has its own.',
  })
  lastMessageOffset!: number | null;
  @FlagField({ description: 'Whether demo data can be made (GENERATOR).' }) canGenerate!: boolean;
}

export type CountsOf = () => Promise<Omit<Counts, 'canGenerate'>>;

export const COUNTS = Symbol('Counts');

@ApiTags('counts')
@Controller('api/counts')
export class CountsController {
  constructor(
    @Inject(COUNTS) private readonly counts: CountsOf,
    @Inject(GENERATOR_ON) private readonly canGenerate: boolean,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'How many agreements, files, records and messages there are',
    description: 'What the first page shows.',
  })
  @ApiOkResponse({ description: 'The counts', type: Counts })
  async get(): Promise<Counts> {
    return { ...(await this.counts()), canGenerate: this.canGenerate };
  }
}
