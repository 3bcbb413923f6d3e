import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import {
  fieldsSchema,
  flagSchema,
  listSchema,
  numberSchema,
  orNull,
  textSchema,
  timeSchema,
} from '../platform/http/openapi.js';
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

const lastFileSchema = fieldsSchema({ name: textSchema, state: textSchema });

const feedSchema = fieldsSchema({
  feed: textSchema,
  status: { type: 'string', enum: ['active', 'idle', 'ended'] },
  completeThrough: orNull(timeSchema),
  maxOutOfOrdernessSeconds: { type: 'number' },
  watermark: orNull(timeSchema),
  holdsBack: flagSchema,
  lastFile: orNull(lastFileSchema),
});

const openPeriodsSchema = fieldsSchema({
  count: numberSchema(),
  earliestEnd: orNull(timeSchema),
  waitFor: listSchema(textSchema),
});

const feedsSchema = fieldsSchema({
  watermark: orNull(timeSchema),
  feeds: listSchema(feedSchema),
  openPeriods: openPeriodsSchema,
});

@ApiTags('feeds')
@Controller('api/feeds')
export class FeedsController {
  constructor(@Inject(FeedsService) private readonly feeds: FeedsService) {}

  @Get()
  @ApiOperation({ summary: 'How complete each feed is, and what open periods wait for' })
  @ApiOkResponse({ description: 'The feeds', schema: feedsSchema })
  list(): Promise<FeedsView> {
    return this.feeds.list();
  }

  @Post(':feed/complete-through')
  @HttpCode(200)
  @ApiOperation({ summary: 'Say that every record of a feed up to an instant has been sent' })
  @ApiParam({ name: 'feed', schema: textSchema })
  @ApiOkResponse({ description: 'The feed', schema: feedSchema })
  @ApiBody({
    schema: { ...fieldsSchema({ at: timeSchema }), example: { at: '2020-02-01T04:00:00Z' } },
  })
  completeThrough(@Param('feed') feed: string, @Body() body: unknown): Promise<FeedView> {
    const { at } = shaped(completeThrough, body);
    return this.feeds.completeThrough(shaped(feedName, feed), at);
  }

  @Delete(':feed')
  @ApiOperation({ summary: 'Say that nothing more comes from a feed' })
  @ApiParam({ name: 'feed', schema: textSchema })
  @ApiOkResponse({ description: 'The feed', schema: feedSchema })
  end(@Param('feed') feed: string): Promise<FeedView> {
    return this.feeds.end(shaped(feedName, feed));
  }
}
