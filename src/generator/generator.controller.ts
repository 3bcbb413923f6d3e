import {
  applyDecorators,
  Controller,
  Get,
  Header,
  HttpCode,
  Inject,
  Post,
  Query,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiQuery, ApiTags } from '@nestjs/swagger';
import { numberSchema, textSchema } from '../platform/http/openapi.js';
import { MAX_BATCH_SIZE, MAX_MONTHS } from './domain/generate-request.js';
import { generateRequestOf, GeneratorService } from './generator.service.js';

type QueryText = Readonly<Record<string, unknown>>;

const plainText = 'text/plain; charset=utf-8';

const Generates = (summary: string): MethodDecorator =>
  applyDecorators(
    Header('content-type', plainText),
    ApiOperation({ summary }),
    ApiOkResponse({ description: 'How many, then which in order', schema: textSchema }),
  );

/** The generate calls of the wire contract; they work as GET, as they always did, and as POST. */
@ApiTags('generator')
@ApiProduces('text/plain')
@ApiQuery({ name: 'batch-size', required: false, schema: numberSchema(1, MAX_BATCH_SIZE, 1) })
@ApiQuery({ name: 'months', required: false, schema: numberSchema(1, MAX_MONTHS, 1) })
@Controller('api')
export class GeneratorController {
  constructor(@Inject(GeneratorService) private readonly generator: GeneratorService) {}

  @Get('agreements/generate')
  @Generates('Make the next demo agreements')
  agreements(@Query() query: QueryText): Promise<string> {
    return this.generator.agreements(generateRequestOf(query));
  }

  @Post('agreements/generate')
  @HttpCode(200)
  @Generates('Make the next demo agreements')
  postAgreements(@Query() query: QueryText): Promise<string> {
    return this.agreements(query);
  }

  @Get('incoming-data-records/generate')
  @Generates('Drop the next demo CDR file')
  cdrFile(@Query() query: QueryText): Promise<string> {
    return this.generator.cdrFile(generateRequestOf(query));
  }

  @Post('incoming-data-records/generate')
  @HttpCode(200)
  @Generates('Drop the next demo CDR file')
  postCdrFile(@Query() query: QueryText): Promise<string> {
    return this.cdrFile(query);
  }

  @Get('data-records/generate')
  @Generates('Write demo records directly')
  direct(@Query() query: QueryText): Promise<string> {
    return this.generator.direct(generateRequestOf(query));
  }

  @Post('data-records/generate')
  @HttpCode(200)
  @Generates('Write demo records directly')
  postDirect(@Query() query: QueryText): Promise<string> {
    return this.direct(query);
  }
}
