/** active: holds the clock back · idle: silent for too long · ended: no longer waited for. */
export type FeedStatus = 'active' | 'idle' | 'ended';

/** What is said about a feed in the log. Fields that are left out stay as they were. */
export interface FeedProgress {
  readonly feed: string;
  readonly status: FeedStatus;
  /** Every record of the feed up to here has been sent (epoch ms). */
  readonly completeThroughMs?: number;
  /** How far behind its complete-through a record may still come. */
  readonly maxOutOfOrdernessMs?: number;
}

export interface FeedClock {
  status: FeedStatus;
  completeThroughMs: number | undefined;
  maxOutOfOrdernessMs: number;
}

/** The event clock of a partition: plain data, saved and loaded as JSON. */
export interface EventClock {
  /** Undefined until every active feed has said how far it is. */
  watermarkMs: number | undefined;
  readonly feeds: Record<string, FeedClock>;
}

/** A clock that knows no feed yet. */
export const newEventClock = (): EventClock => ({ watermarkMs: undefined, feeds: {} });

/** How far one feed lets the clock go, or undefined while it has not said. */
export const feedWatermarkMs = (feed: FeedClock): number | undefined =>
  feed.completeThroughMs === undefined
    ? undefined
    : feed.completeThroughMs - feed.maxOutOfOrdernessMs;

/** The least watermark of the active feeds; undefined when one has none or there is none. */
const leastOfActive = (clock: EventClock): number | undefined => {
  let least: number | undefined;
  for (const name in clock.feeds) {
    const feed = clock.feeds[name];
    if (feed.status !== 'active') continue;
    const mark = feedWatermarkMs(feed);
    if (mark === undefined) return undefined;
    if (least === undefined || mark < least) least = mark;
  }
  return least;
};

/** Moves the watermark forward if the feeds allow it; it never goes back. */
const advance = (clock: EventClock): void => {
  const least = leastOfActive(clock);
  if (least === undefined) return;
  if (clock.watermarkMs === undefined || least > clock.watermarkMs) clock.watermarkMs = least;
};

/** The feed, made when it is new. A folder may well be named as what every object has. */
const feedOf = ({ feeds }: EventClock, { feed, status }: FeedProgress): FeedClock => {
  if (!Object.hasOwn(feeds, feed)) {
    feeds[feed] = { status, completeThroughMs: undefined, maxOutOfOrdernessMs: 0 };
  }
  return feeds[feed];
};

/** Applies what a feed says. A complete-through below an earlier one changes nothing. */
export const applyFeedProgress = (clock: EventClock, progress: FeedProgress): void => {
  const feed = feedOf(clock, progress);
  feed.status = progress.status;
  if (progress.maxOutOfOrdernessMs !== undefined) {
    feed.maxOutOfOrdernessMs = progress.maxOutOfOrdernessMs;
  }
  const through = progress.completeThroughMs;
  if (through !== undefined && !(through <= (feed.completeThroughMs ?? -Infinity))) {
    feed.completeThroughMs = through;
  }
  advance(clock);
};

/** A record of a feed that has no files: the feed's progress is the latest record seen. */
export const observeRecord = (clock: EventClock, feedName: string, recordedAtMs: number): void => {
  const feed = clock.feeds[feedName];
  if (
    feed?.status === 'active' &&
    feed.completeThroughMs !== undefined &&
    recordedAtMs <= feed.completeThroughMs
  ) {
    return;
  }
  applyFeedProgress(clock, { feed: feedName, status: 'active', completeThroughMs: recordedAtMs });
};
