import { LeastMark } from './least-mark.js';

/** active: holds the clock back · idle: silent for too long · ended: no longer waited for. */
export type FeedStatus = 'active' | 'idle' | 'ended';

/**
 * What is said about a feed in the log. Fields that are left out stay as they were; nothing but the
 * name is a stamp: it says what time it is.
 */
export interface FeedProgress {
  readonly feed: string;
  readonly status?: FeedStatus;
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
  /** The greatest wall-clock time that something was said of a feed at. */
  stampMs?: number;
  /** The newest record of a feed without files, while that is ahead of the stamp. */
  ahead?: Record<string, number>;
}

/** A clock that knows no feed yet. */
export const newEventClock = (): EventClock => ({ watermarkMs: undefined, feeds: {} });

/** How far one feed lets the clock go, or undefined while it has not said. */
export const feedWatermarkMs = (feed: FeedClock): number | undefined =>
  feed.completeThroughMs === undefined
    ? undefined
    : feed.completeThroughMs - feed.maxOutOfOrdernessMs;

/** Made from the clock when it is first needed: nothing of it is state. */
const leastMarks = new WeakMap<EventClock, LeastMark>();

const leastMarkOf = (clock: EventClock): LeastMark => {
  let least = leastMarks.get(clock);
  if (least === undefined) {
    const { feeds } = clock;
    const markOf = (name: string): number | undefined =>
      feeds[name].status === 'active' ? (feedWatermarkMs(feeds[name]) ?? -Infinity) : undefined;
    least = new LeastMark(markOf, Object.keys(feeds));
    leastMarks.set(clock, least);
  }
  return least;
};

/**
 * Moves the watermark to the least of the active feeds; it never goes back, and waits for one that
 * has not said how far it is.
 */
const advance = (clock: EventClock, changedFeed: string): void => {
  const marks = leastMarkOf(clock);
  marks.lowered(changedFeed);
  const least = marks.value;
  if (least === undefined || least === -Infinity) return;
  if (clock.watermarkMs === undefined || least > clock.watermarkMs) clock.watermarkMs = least;
};

/** The feed, made when it is new. A folder may well be named as what every object has. */
const feedOf = (clock: EventClock, { feed, status = 'idle' }: FeedProgress): FeedClock => {
  const { feeds } = clock;
  if (!Object.hasOwn(feeds, feed)) {
    const value = { status, completeThroughMs: undefined, maxOutOfOrdernessMs: 0 };
    // an assignment to `__proto__` would make no feed
    Object.defineProperty(feeds, feed, { value, ...plainProperty });
  }
  return feeds[feed];
};

const plainProperty = { configurable: true, enumerable: true, writable: true } as const;

/** A complete-through below an earlier one changes nothing. */
const raise = (feed: FeedClock, throughMs: number): void => {
  if (!(throughMs <= (feed.completeThroughMs ?? -Infinity))) feed.completeThroughMs = throughMs;
};

/** It is so late by now: feeds whose records are newer than the last stamp come this far. */
const stamp = (clock: EventClock, stampMs: number): void => {
  if (!(stampMs > (clock.stampMs ?? 0))) return;
  clock.stampMs = stampMs;
  if (clock.ahead === undefined) return;
  const ahead = Object.entries(clock.ahead);
  for (const [feed, newestMs] of ahead) {
    raise(clock.feeds[feed], Math.min(newestMs, stampMs));
  }
  const left = ahead.filter(([, newestMs]) => newestMs > stampMs);
  if (left.length === 0) delete clock.ahead;
  else clock.ahead = Object.fromEntries(left);
};

/**
 * Applies what is said of a feed, by who has written it at `stampMs` (epoch ms, wall clock). No
 * feed is complete beyond that, whatever is said: a clock that is fast closes nothing early.
 */
export const applyFeedProgress = (
  clock: EventClock,
  progress: FeedProgress,
  stampMs: number,
): void => {
  const feed = feedOf(clock, progress);
  stamp(clock, stampMs);
  if (progress.status !== undefined) feed.status = progress.status;
  if (progress.maxOutOfOrdernessMs !== undefined) {
    feed.maxOutOfOrdernessMs = progress.maxOutOfOrdernessMs;
  }
  const through = progress.completeThroughMs;
  if (through !== undefined) raise(feed, Math.min(through, stampMs));
  advance(clock, progress.feed);
};

/**
 * A record of a feed that has no files: the feed's progress is the newest record seen, as far as
 * the stamp goes; what is newer waits for the next one.
 */
export const observeRecord = (clock: EventClock, feedName: string, recordedAtMs: number): void => {
  const feed = feedOf(clock, { feed: feedName, status: 'active' });
  const wasActive = feed.status === 'active';
  if (wasActive && recordedAtMs <= (feed.completeThroughMs ?? -Infinity)) return;
  feed.status = 'active';
  const { stampMs = -Infinity } = clock;
  if (recordedAtMs > stampMs) {
    const ahead = (clock.ahead ??= {});
    if (!(recordedAtMs <= ahead[feedName])) ahead[feedName] = recordedAtMs;
  }
  if (stampMs > -Infinity) raise(feed, Math.min(recordedAtMs, stampMs));
  advance(clock, feedName);
};
