import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Warnings, type Warning } from './warnings.dto.js';

/** What the process has to say now. */
export type WarningsOf = () => readonly Warning[];

export const WARNINGS = Symbol('Warnings');

@ApiTags('health')
@Controller('api/warnings')
export class WarningsController {
  constructor(@Inject(WARNINGS) private readonly warnings: WarningsOf) {}

  @Get()
  @ApiOperation({
    summary: 'What a person has to look after; empty when all is well',
    description: 'What was found at the start: events the store lacks, files it does not know.',
  })
  @ApiOkResponse({ description: 'The warnings', type: Warnings })
  get(): Warnings {
    return { items: [...this.warnings()] };
  }
}
