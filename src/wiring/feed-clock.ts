import type { Settings } from '../config/index.js';
import { topicFeed } from '../ingest/index.js';

/** The clock of one feed; without `idleAfterMs` it holds the closing of periods back for ever. */
export interface FeedClockSettings {
  readonly maxOutOfOrdernessMs: number;
  readonly idleAfterMs?: number;
}

/** The clock settings of a feed: its own, else those for all (docs/RULES.md). */
export const feedClockSettings = (settings: Settings, feed: string): FeedClockSettings => {
  const own = Object.hasOwn(settings.feeds, feed) ? settings.feeds[feed] : {};
  const idleAfterMs =
    own.idleAfterMs ?? (feed === topicFeed ? settings.feedIdleAfterMs : undefined);
  return {
    maxOutOfOrdernessMs: own.maxOutOfOrdernessMs ?? settings.feedMaxOutOfOrdernessMs,
    ...(idleAfterMs === undefined ? {} : { idleAfterMs }),
  };
};
