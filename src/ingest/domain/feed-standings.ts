import {
  feedWatermarkMs,
  type EventClock,
  type FeedClock,
  type FeedStatus,
} from '../../streaming/index.js';

/** One feed over all partitions. Instants in epoch ms. */
export interface FeedStanding {
  readonly feed: string;
  readonly status: FeedStatus;
  readonly completeThroughMs: number | undefined;
  readonly maxOutOfOrdernessMs: number;
  readonly watermarkMs: number | undefined;
  /** True when the clock of a partition cannot pass this feed's watermark. */
  readonly holdsBack: boolean;
}

/** The end of open periods that comes first in one partition, beside its clock. */
export interface PartitionEnd {
  readonly clock: EventClock;
  readonly earliestEndMs: number | undefined;
}

/** From the one that holds back most to the one that holds back least. */
const statuses: readonly FeedStatus[] = ['active', 'idle', 'ended'];

/** The least of them; undefined when there is none or one is not known. */
const leastKnown = (values: readonly (number | undefined)[]): number | undefined => {
  let least: number | undefined;
  for (const value of values) {
    if (value === undefined) return undefined;
    if (least === undefined || value < least) least = value;
  }
  return least;
};

const hasActiveFeed = ({ feeds }: EventClock): boolean =>
  Object.values(feeds).some(({ status }) => status === 'active');

/**
 * How far all partitions have come: the least watermark. A partition that waits for no feed and
 * has not seen one holds nothing back.
 */
export const leastWatermarkMs = (clocks: readonly EventClock[]): number | undefined =>
  leastKnown(
    clocks
      .filter((clock) => clock.watermarkMs !== undefined || hasActiveFeed(clock))
      .map(({ watermarkMs }) => watermarkMs),
  );

/** The names of all feeds, in order. */
export const feedNames = (clocks: readonly EventClock[]): string[] =>
  [...new Set(clocks.flatMap(({ feeds }) => Object.keys(feeds)))].sort();

const stateIn = ({ feeds }: EventClock, feed: string): FeedClock | undefined =>
  Object.hasOwn(feeds, feed) ? feeds[feed] : undefined;

const holdsBackIn = (clock: EventClock, state: FeedClock | undefined): boolean => {
  if (state?.status !== 'active') return false;
  const watermarkMs = feedWatermarkMs(state);
  return watermarkMs === undefined || watermarkMs <= (clock.watermarkMs ?? Infinity);
};

/**
 * A feed as all partitions have it: active where one waits for it, and then only as far as the
 * partition that has come least far. Undefined when no partition knows it.
 */
export const feedStanding = (
  clocks: readonly EventClock[],
  feed: string,
): FeedStanding | undefined => {
  const states = clocks.map((clock) => stateIn(clock, feed));
  const known = states.filter((state) => state !== undefined);
  const status = statuses.find((each) => known.some((state) => state.status === each));
  if (status === undefined) return undefined;
  const decisive = known.filter((state) => state.status === status);
  // one that has not heard of an active feed has not come anywhere with it
  const isBehind = status === 'active' && known.length < states.length;
  return {
    feed,
    status,
    completeThroughMs: isBehind
      ? undefined
      : leastKnown(decisive.map(({ completeThroughMs }) => completeThroughMs)),
    maxOutOfOrdernessMs: Math.max(...known.map(({ maxOutOfOrdernessMs: ms }) => ms)),
    watermarkMs: isBehind ? undefined : leastKnown(decisive.map(feedWatermarkMs)),
    holdsBack: clocks.some((clock, at) => holdsBackIn(clock, states[at])),
  };
};

/** The first end of an open period over all partitions. */
export const firstEndMs = (partitions: readonly PartitionEnd[]): number | undefined =>
  leastKnown(
    partitions
      .map(({ earliestEndMs }) => earliestEndMs)
      .filter((earliestEndMs) => earliestEndMs !== undefined),
  );

/** The feeds that have not come as far as the first end, where a period with that end is open. */
export const waitedFor = (partitions: readonly PartitionEnd[]): string[] => {
  const endMs = firstEndMs(partitions);
  if (endMs === undefined) return [];
  const names = partitions
    .filter(({ earliestEndMs }) => earliestEndMs === endMs)
    .flatMap(({ clock }) =>
      Object.keys(clock.feeds).filter((feed) => isBefore(clock.feeds[feed], endMs)),
    );
  return [...new Set(names)].sort();
};

const isBefore = (feed: FeedClock, endMs: number): boolean =>
  feed.status === 'active' && (feedWatermarkMs(feed) ?? -Infinity) < endMs;
