import { Controller, Get, Header, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiQuery, ApiTags } from '@nestjs/swagger';
import { generateRequestOf, GeneratorService } from './generator.service.js';

type QueryText = Readonly<Record<string, unknown>>;

const plainText = 'text/plain; charset=utf-8';

/** The generate calls of the wire contract; they work as GET, as they always did, and as POST. */
@ApiTags('generator')
@ApiProduces('text/plain')
@ApiQuery({ name: 'batch-size', required: false, description: 'subscribers, 1 when left out' })
@ApiQuery({ name: 'months', required: false, description: '1 when left out' })
@Controller('api')
export class GeneratorController {
  constructor(@Inject(GeneratorService) private readonly generator: GeneratorService) {}

  @Get('agreements/generate')
  @Header('content-type', plainText)
  @ApiOperation({ summary: 'Make the next demo agreements' })
  agreements(@Query() query: QueryText): Promise<string> {
    return this.generator.agreements(generateRequestOf(query));
  }

  @Post('agreements/generate')
  @HttpCode(200)
  @Header('content-type', plainText)
  @ApiOperation({ summary: 'Make the next demo agreements' })
  postAgreements(@Query() query: QueryText): Promise<string> {
    return this.agreements(query);
  }

  @Get('incoming-data-records/generate')
  @Header('content-type', plainText)
  @ApiOperation({ summary: 'Drop the next demo CDR file' })
  cdrFile(@Query() query: QueryText): Promise<string> {
    return this.generator.cdrFile(generateRequestOf(query));
  }

  @Post('incoming-data-records/generate')
  @HttpCode(200)
  @Header('content-type', plainText)
  @ApiOperation({ summary: 'Drop the next demo CDR file' })
  postCdrFile(@Query() query: QueryText): Promise<string> {
    return this.cdrFile(query);
  }

  @Get('data-records/generate')
  @Header('content-type', plainText)
  @ApiOperation({ summary: 'Write demo records directly' })
  direct(@Query() query: QueryText): Promise<string> {
    return this.generator.direct(generateRequestOf(query));
  }

  @Post('data-records/generate')
  @HttpCode(200)
  @Header('content-type', plainText)
  @ApiOperation({ summary: 'Write demo records directly' })
  postDirect(@Query() query: QueryText): Promise<string> {
    return this.direct(query);
  }
}
