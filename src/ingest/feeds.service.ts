import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../platform/http/clock.js';
import { refusal } from '../platform/http/refusal.js';
import {
  feedWatermarkMs,
  type EventClock,
  type FeedClock,
  type FeedProgress,
  type FeedStatus,
} from '../streaming/index.js';
import { eventTypes, UsageEvents } from './domain/usage-events.js';
import { feedErrors } from './errors.js';
import { FEED_FILES, type FeedFiles, type LastFile } from './feed-files.js';
import { PARTITION_STATUS, type PartitionStatus } from './partition-status.js';
import { USAGE_INPUT, type UsageInput } from './usage-input.js';

const hourMs = 3_600_000;
/** As for records: one wrong clock must not close every period (DESIGN.md §4). */
const farFutureMs = 24 * hourMs;
/** The feed of the folder itself: it can be told about before its first file. */
const folderFeed = 'default';

/** One feed as it is told; times are ISO 8601 in UTC, null when not known yet. */
export interface FeedView {
  readonly feed: string;
  readonly status: FeedStatus;
  readonly completeThrough: string | null;
  readonly maxOutOfOrdernessSeconds: number;
  readonly watermark: string | null;
  /** True when the clock of the partition cannot pass this feed's watermark. */
  readonly holdsBack: boolean;
  readonly lastFile: LastFile | null;
}

export interface FeedsView {
  readonly watermark: string | null;
  readonly feeds: readonly FeedView[];
  readonly openPeriods: {
    readonly count: number;
    readonly earliestEnd: string | null;
    /** The feeds that have not come as far as the earliest end. */
    readonly waitFor: readonly string[];
  };
}

const text = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString();

@Injectable()
export class FeedsService {
  constructor(
    @Inject(PARTITION_STATUS) private readonly partition: PartitionStatus,
    @Inject(USAGE_INPUT) private readonly input: UsageInput,
    @Inject(FEED_FILES) private readonly files: FeedFiles,
    @Inject(CLOCK) private readonly now: Clock,
  ) {}

  async list(): Promise<FeedsView> {
    const lastFiles = await this.files.last();
    const clock = this.#clock();
    const open = this.partition.openPeriods();
    const feeds = Object.keys(clock.feeds).sort();
    return {
      watermark: text(clock.watermarkMs),
      feeds: feeds.map((feed) => viewOf(clock, feed, lastFiles.get(feed))),
      openPeriods: {
        count: open?.count ?? 0,
        earliestEnd: text(open?.earliestEndMs),
        waitFor: feeds.filter((feed) => isWaitedFor(clock.feeds[feed], open?.earliestEndMs)),
      },
    };
  }

  /** Says that every record of the feed up to an instant (epoch ms) has been sent. */
  async completeThrough(feed: string, atMs: number): Promise<FeedView> {
    await this.#requireKnown(feed);
    if (atMs > this.now() + farFutureMs) {
      throw refusal(feedErrors, 'FEED_TIME_IN_FUTURE', { status: 400, facts: { feed } });
    }
    return this.#tell({ feed, status: 'active', completeThroughMs: atMs }, atMs);
  }

  /** Says that nothing more comes from the feed: no period waits for it any more. */
  async end(feed: string): Promise<FeedView> {
    await this.#requireKnown(feed);
    return this.#tell({ feed, status: 'ended' }, this.now());
  }

  async #tell(progress: FeedProgress, timestampMs: number): Promise<FeedView> {
    const events = new UsageEvents(1);
    events.pushControl(eventTypes.feed, {
      msisdn: 0,
      timestampMs,
      payload: JSON.stringify(progress),
    });
    await this.input.send(events);
    const lastFiles = await this.files.last();
    return viewOf(this.#clock(), progress.feed, lastFiles.get(progress.feed));
  }

  async #requireKnown(feed: string): Promise<void> {
    const known = feed === folderFeed || Object.hasOwn(this.#clock().feeds, feed);
    if (known || (await this.files.last()).has(feed)) return;
    throw refusal(feedErrors, 'FEED_UNKNOWN', { status: 404, facts: { feed } });
  }

  #clock(): EventClock {
    const clock = this.partition.clock();
    if (clock !== undefined) return clock;
    throw refusal(feedErrors, 'PARTITION_NOT_RUNNING', { status: 503 });
  }
}

const isWaitedFor = (feed: FeedClock, endMs: number | undefined): boolean =>
  endMs !== undefined && feed.status === 'active' && (feedWatermarkMs(feed) ?? -Infinity) < endMs;

const viewOf = (clock: EventClock, feed: string, lastFile: LastFile | undefined): FeedView => {
  const state = clock.feeds[feed];
  const watermarkMs = feedWatermarkMs(state);
  return {
    feed,
    status: state.status,
    completeThrough: text(state.completeThroughMs),
    maxOutOfOrdernessSeconds: state.maxOutOfOrdernessMs / 1000,
    watermark: text(watermarkMs),
    holdsBack:
      state.status === 'active' &&
      (watermarkMs === undefined || watermarkMs <= (clock.watermarkMs ?? Infinity)),
    lastFile: lastFile ?? null,
  };
};
