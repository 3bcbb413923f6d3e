import {
  applyDecorators,
  Controller,
  Get,
  Header,
  HttpCode,
  Inject,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { ChangesOnGet } from '../platform/http/changes-on-get.js';
import { refusal } from '../platform/http/refusal.js';
import { answerCancelled, type PendingAnswer } from '../platform/http/request-cancelled.js';
import type { GenerateRequest } from './domain/cdr-file-generator.js';
import { readGenerateRequest } from './domain/generate-request.js';
import { generatorErrors } from './errors.js';
import { GenerateQuery } from './generator.dto.js';
import { GeneratorService } from './generator.service.js';

/** Whether demo data may be made. */
export const GENERATOR_ON = Symbol('GeneratorOn');

const plainText = 'text/plain; charset=utf-8';

const Generates = (summary: string, description: string): MethodDecorator =>
  applyDecorators(
    ChangesOnGet(),
    HttpCode(200),
    Header('content-type', plainText),
    ApiOperation({ summary, description }),
    ApiOkResponse({ description: 'How many, then which in order', type: String }),
  );

const Answer = (): ParameterDecorator => Res({ passthrough: true });

const goesOn = 'Each call goes on where the last one ended. Refused (403) where GENERATOR is off.';
const ofAgreements = `Of as many new subscribers as batch-size says. ${goesOn}`;
const ofFiles =
  'One file in the incoming folder: one record a day for so many subscribers and months. ' + goesOn;
const ofRecords =
  'One record a day for so many agreements and months, which are made when missing. ' + goesOn;

/**
 * The generate calls of the wire contract; they work as GET, as they always did, and as POST. A
 * caller who goes away ends what was asked for.
 */
@ApiTags('generator')
@ApiProduces('text/plain')
@Controller('api')
export class GeneratorController {
  constructor(
    @Inject(GeneratorService) private readonly generator: GeneratorService,
    @Inject(GENERATOR_ON) private readonly isOn: boolean,
  ) {}

  @Get('agreements/generate')
  @Generates('Make the next demo agreements', ofAgreements)
  agreements(@Query() query: GenerateQuery, @Answer() answer: PendingAnswer): Promise<string> {
    return this.generator.agreements(this.#asked(query), answerCancelled(answer));
  }

  @Post('agreements/generate')
  @Generates('Make the next demo agreements', ofAgreements)
  postAgreements(@Query() query: GenerateQuery, @Answer() answer: PendingAnswer): Promise<string> {
    return this.agreements(query, answer);
  }

  @Get('incoming-data-records/generate')
  @Generates('Drop the next demo CDR file', ofFiles)
  cdrFile(@Query() query: GenerateQuery, @Answer() answer: PendingAnswer): Promise<string> {
    return this.generator.cdrFile(this.#asked(query), answerCancelled(answer));
  }

  @Post('incoming-data-records/generate')
  @Generates('Drop the next demo CDR file', ofFiles)
  postCdrFile(@Query() query: GenerateQuery, @Answer() answer: PendingAnswer): Promise<string> {
    return this.cdrFile(query, answer);
  }

  @Get('data-records/generate')
  @Generates('Write demo records directly', ofRecords)
  direct(@Query() query: GenerateQuery, @Answer() answer: PendingAnswer): Promise<string> {
    return this.generator.direct(this.#asked(query), answerCancelled(answer));
  }

  @Post('data-records/generate')
  @Generates('Write demo records directly', ofRecords)
  postDirect(@Query() query: GenerateQuery, @Answer() answer: PendingAnswer): Promise<string> {
    return this.direct(query, answer);
  }

  #asked({ 'batch-size': batchSize, months }: GenerateQuery): GenerateRequest {
    if (!this.isOn) throw refusal(generatorErrors, 'GENERATOR_OFF', { status: 403 });
    const reading = readGenerateRequest(batchSize, months);
    if (reading.ok) return reading.request;
    throw refusal(generatorErrors, reading.code, { status: 400 });
  }
}
