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
import { ApiOkResponse, ApiOperation, ApiProduces, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ChangesOnGet } from '../platform/http/changes-on-get.js';
import { numberSchema, textSchema } from '../platform/http/openapi.js';
import { refusal } from '../platform/http/refusal.js';
import { answerCancelled, type PendingAnswer } from '../platform/http/request-cancelled.js';
import { shaped } from '../platform/http/request-shape.js';
import type { GenerateRequest } from './domain/cdr-file-generator.js';
import { MAX_BATCH_SIZE, MAX_MONTHS, readGenerateRequest } from './domain/generate-request.js';
import { generatorErrors } from './errors.js';
import { GeneratorService } from './generator.service.js';

/** Whether demo data may be made. */
export const GENERATOR_ON = Symbol('GeneratorOn');

const plainText = 'text/plain; charset=utf-8';

const Generates = (summary: string): MethodDecorator =>
  applyDecorators(
    ChangesOnGet(),
    HttpCode(200),
    Header('content-type', plainText),
    ApiOperation({ summary }),
    ApiOkResponse({ description: 'How many, then which in order', schema: textSchema }),
  );

const Answer = (): ParameterDecorator => Res({ passthrough: true });

/** A parameter given twice is an array: no number either. */
const oneText = z
  .unknown()
  .transform((value) => (typeof value === 'string' ? value : 'not one text'))
  .optional();

const generateQuery = z.strictObject({ 'batch-size': oneText, months: oneText });

/**
 * The generate calls of the wire contract; they work as GET, as they always did, and as POST. A
 * caller who goes away ends what was asked for.
 */
@ApiTags('generator')
@ApiProduces('text/plain')
@ApiQuery({ name: 'batch-size', required: false, schema: numberSchema(1, MAX_BATCH_SIZE, 1) })
@ApiQuery({ name: 'months', required: false, schema: numberSchema(1, MAX_MONTHS, 1) })
@Controller('api')
export class GeneratorController {
  constructor(
    @Inject(GeneratorService) private readonly generator: GeneratorService,
    @Inject(GENERATOR_ON) private readonly isOn: boolean,
  ) {}

  @Get('agreements/generate')
  @Generates('Make the next demo agreements')
  agreements(@Query() query: unknown, @Answer() answer: PendingAnswer): Promise<string> {
    return this.generator.agreements(this.#asked(query), answerCancelled(answer));
  }

  @Post('agreements/generate')
  @Generates('Make the next demo agreements')
  postAgreements(@Query() query: unknown, @Answer() answer: PendingAnswer): Promise<string> {
    return this.agreements(query, answer);
  }

  @Get('incoming-data-records/generate')
  @Generates('Drop the next demo CDR file')
  cdrFile(@Query() query: unknown, @Answer() answer: PendingAnswer): Promise<string> {
    return this.generator.cdrFile(this.#asked(query), answerCancelled(answer));
  }

  @Post('incoming-data-records/generate')
  @Generates('Drop the next demo CDR file')
  postCdrFile(@Query() query: unknown, @Answer() answer: PendingAnswer): Promise<string> {
    return this.cdrFile(query, answer);
  }

  @Get('data-records/generate')
  @Generates('Write demo records directly')
  direct(@Query() query: unknown, @Answer() answer: PendingAnswer): Promise<string> {
    return this.generator.direct(this.#asked(query), answerCancelled(answer));
  }

  @Post('data-records/generate')
  @Generates('Write demo records directly')
  postDirect(@Query() query: unknown, @Answer() answer: PendingAnswer): Promise<string> {
    return this.direct(query, answer);
  }

  #asked(query: unknown): GenerateRequest {
    if (!this.isOn) throw refusal(generatorErrors, 'GENERATOR_OFF', { status: 403 });
    const { 'batch-size': batchSize, months } = shaped(generateQuery, query);
    const reading = readGenerateRequest(batchSize, months);
    if (reading.ok) return reading.request;
    throw refusal(generatorErrors, reading.code, { status: 400 });
  }
}
