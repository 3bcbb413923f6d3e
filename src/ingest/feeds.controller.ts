import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { shaped } from '../platform/http/request-shape.js';
import { parseIsoDateTime } from '../streaming/time/iso-date-time.js';
import { FeedsService, type FeedsView, type FeedView } from './feeds.service.js';

const feedName = z.string().min(1).max(255);

const completeThrough = z.strictObject({
  at: z
    .string()
    .transform(parseIsoDateTime)
    .refine((ms) => !Number.isNaN(ms), 'must be an ISO 8601 time with an offset'),
});

@ApiTags('feeds')
@Controller('api/feeds')
export class FeedsController {
  constructor(@Inject(FeedsService) private readonly feeds: FeedsService) {}

  @Get()
  @ApiOperation({ summary: 'How complete each feed is, and what open periods wait for' })
  list(): Promise<FeedsView> {
    return this.feeds.list();
  }

  @Post(':feed/complete-through')
  @HttpCode(200)
  @ApiOperation({ summary: 'Say that every record of a feed up to an instant has been sent' })
  @ApiBody({ schema: { example: { at: '2020-02-01T04:00:00Z' } } })
  completeThrough(@Param('feed') feed: string, @Body() body: unknown): Promise<FeedView> {
    const { at } = shaped(completeThrough, body);
    return this.feeds.completeThrough(shaped(feedName, feed), at);
  }

  @Delete(':feed')
  @ApiOperation({ summary: 'Say that nothing more comes from a feed' })
  end(@Param('feed') feed: string): Promise<FeedView> {
    return this.feeds.end(shaped(feedName, feed));
  }
}
