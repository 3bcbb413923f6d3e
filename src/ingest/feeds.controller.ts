import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CompleteThroughBody, FeedPath, FeedShape, FeedsShape } from './feeds.dto.js';
import { FeedsService } from './feeds.service.js';

@ApiTags('feeds')
@Controller('api/feeds')
export class FeedsController {
  constructor(@Inject(FeedsService) private readonly feeds: FeedsService) {}

  @Get()
  @ApiOperation({
    summary: 'How complete each feed is, and what open periods wait for',
    description:
      'A period is closed when the watermark of every feed that holds back has passed it.',
  })
  @ApiOkResponse({ description: 'The feeds', type: FeedsShape })
  list(): Promise<FeedsShape> {
    return this.feeds.list();
  }

  @Post(':feed/complete-through')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Say that every record of a feed up to an instant has been sent',
    description: 'Closes what waited for that alone. Never ahead of the wall clock.',
  })
  @ApiOkResponse({ description: 'The feed', type: FeedShape })
  completeThrough(
    @Param() { feed }: FeedPath,
    @Body() { at }: CompleteThroughBody,
  ): Promise<FeedShape> {
    return this.feeds.completeThrough(feed, at);
  }

  @Delete(':feed')
  @ApiOperation({
    summary: 'Say that nothing more comes from a feed',
    description: 'What waited for it alone is closed. 404 when there is no feed of this name.',
  })
  @ApiOkResponse({ description: 'The feed', type: FeedShape })
  end(@Param() { feed }: FeedPath): Promise<FeedShape> {
    return this.feeds.end(feed);
  }
}
