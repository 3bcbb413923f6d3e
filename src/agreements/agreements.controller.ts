import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiLines } from '../platform/http/api-lines.js';
import { LinesTakenShape } from '../platform/http/lines.dto.js';
import { agreementToJson } from './domain/agreement.js';
import {
  AgreementInput,
  AgreementPath,
  AgreementShape,
  AgreementsQuery,
  AgreementsShape,
} from './agreements.dto.js';
import { AgreementsService } from './agreements.service.js';

@ApiTags('agreements')
@Controller('api/agreements')
export class AgreementsController {
  constructor(@Inject(AgreementsService) private readonly agreements: AgreementsService) {}

  @Get()
  @ApiOperation({
    summary: 'Agreements page by page',
    description: 'In the order they were accepted; in the cluster partition by partition.',
  })
  @ApiOkResponse({ description: 'The page', type: AgreementsShape })
  async list(@Query() query: AgreementsQuery): Promise<AgreementsShape> {
    const found = await this.agreements.list(query);
    const next = found.length < query.limit ? null : (found.at(-1)?.place ?? null);
    return { items: found.map(agreementToJson), next };
  }

  @Get(':id')
  @ApiOperation({
    summary: 'One agreement',
    description: 'As it was accepted; agreements never change. 404 when there is none of this id.',
  })
  @ApiOkResponse({ description: 'The agreement', type: AgreementShape })
  async get(@Param() { id }: AgreementPath): Promise<AgreementShape> {
    return agreementToJson(await this.agreements.get(id));
  }

  @Post()
  @ApiOperation({
    summary: 'Add agreements',
    description:
      'One JSON object, an array of them, or one object a line (NDJSON). Good lines are taken ' +
      'also when others are refused; the same agreement again is accepted and changes nothing.',
  })
  @ApiLines(AgreementInput)
  @ApiCreatedResponse({ description: 'What became of the lines', type: LinesTakenShape })
  add(@Body() body: unknown): Promise<LinesTakenShape> {
    return this.agreements.addLines(body);
  }
}
