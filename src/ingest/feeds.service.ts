import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../platform/http/clock.js';
import { refusal } from '../platform/http/refusal.js';
import { applyFeedProgress, type EventClock, type FeedProgress } from '../streaming/index.js';
import {
  feedNames,
  feedStanding,
  firstEndMs,
  leastWatermarkMs,
  waitedFor,
  type FeedStanding,
} from './domain/feed-standings.js';
import { eventTypes, UsageEvents } from './domain/usage-events.js';
import { feedErrors } from './errors.js';
import type { FeedShape, FeedsShape } from './feeds.dto.js';
import { FEED_FILES, type FeedFiles, type LastFile } from './feed-files.js';
import { PARTITION_STATUS, type PartitionClock, type PartitionStatus } from './partition-status.js';
import { topicFeed } from './ingest.step.js';
import { USAGE_INPUT, type UsageInput } from './usage-input.js';

/** The feeds of the folder itself and of pushed records: there before their first record. */
const ownFeeds: readonly string[] = ['default', topicFeed];

const text = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString();

@Injectable()
export class FeedsService {
  constructor(
    @Inject(PARTITION_STATUS) private readonly status: PartitionStatus,
    @Inject(USAGE_INPUT) private readonly input: UsageInput,
    @Inject(FEED_FILES) private readonly files: FeedFiles,
    @Inject(CLOCK) private readonly now: Clock,
  ) {}

  async list(): Promise<FeedsShape> {
    const lastFiles = await this.files.last();
    const partitions = await this.#partitions();
    const clocks = partitions.map(({ clock }) => clock);
    const open = partitions.map((partition) => partition.openPeriods());
    const ends = open.map(({ earliestEndMs }, at) => ({ clock: clocks[at], earliestEndMs }));
    return {
      watermark: text(leastWatermarkMs(clocks)),
      feeds: feedNames(clocks).map((feed) => feedView(clocks, feed, lastFiles)),
      openPeriods: {
        count: open.reduce((sum, { count }) => sum + count, 0),
        earliestEnd: text(firstEndMs(ends)),
        waitFor: waitedFor(ends),
      },
    };
  }

  /** Says that every record of the feed up to an instant (epoch ms) has been sent. */
  async completeThrough(feed: string, atMs: number): Promise<FeedShape> {
    await this.#requireKnown(feed);
    if (atMs > this.now()) {
      throw refusal(feedErrors, 'FEED_TIME_IN_FUTURE', { status: 400, facts: { feed } });
    }
    return this.#tell({ feed, status: 'active', completeThroughMs: atMs });
  }

  /** Says that nothing more comes from the feed: no period waits for it any more. */
  async end(feed: string): Promise<FeedShape> {
    await this.#requireKnown(feed);
    return this.#tell({ feed, status: 'ended' });
  }

  async #tell(progress: FeedProgress): Promise<FeedShape> {
    const events = new UsageEvents(1);
    const timestampMs = this.now();
    events.pushControl(eventTypes.feed, {
      msisdn: 0,
      timestampMs,
      payload: JSON.stringify(progress),
    });
    await this.input.send(events);
    const lastFiles = await this.files.last();
    const partitions = await this.#partitions();
    // what is read may be a second old: what was told is known
    const clocks = partitions.map(({ clock }) => withProgress(clock, progress, timestampMs));
    return feedView(clocks, progress.feed, lastFiles);
  }

  async #requireKnown(feed: string): Promise<void> {
    const partitions = await this.#partitions();
    const isKnown = partitions.some(({ clock }) => Object.hasOwn(clock.feeds, feed));
    if (ownFeeds.includes(feed) || isKnown || (await this.files.last()).has(feed)) return;
    throw refusal(feedErrors, 'FEED_UNKNOWN', { status: 404, facts: { feed } });
  }

  async #partitions(): Promise<readonly PartitionClock[]> {
    const partitions = await this.status.clocks();
    if (partitions !== undefined) return partitions;
    throw refusal(feedErrors, 'PARTITION_NOT_RUNNING', { status: 503 });
  }
}

const withProgress = (clock: EventClock, progress: FeedProgress, stampMs: number): EventClock => {
  const after = structuredClone(clock);
  applyFeedProgress(after, progress, stampMs);
  return after;
};

const feedView = (
  clocks: readonly EventClock[],
  feed: string,
  lastFiles: ReadonlyMap<string, LastFile>,
): FeedShape => viewOf(feedStanding(clocks, feed) as FeedStanding, lastFiles.get(feed));

const viewOf = (standing: FeedStanding, lastFile: LastFile | undefined): FeedShape => ({
  feed: standing.feed,
  status: standing.status,
  completeThrough: text(standing.completeThroughMs),
  maxOutOfOrdernessSeconds: standing.maxOutOfOrdernessMs / 1000,
  watermark: text(standing.watermarkMs),
  holdsBack: standing.holdsBack,
  lastFile: lastFile ?? null,
});
