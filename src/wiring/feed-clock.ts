import type { Settings } from '../config/index.js';
import { eventTypes, topicFeed, UsageEvents } from '../ingest/index.js';
import type { FeedPorts } from '../runtime/feed-keeper.js';
import type { FeedClockSettings } from '../runtime/silent-feeds.js';

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

/** The feeds of usage counting; `send` appends events to the log. */
export const usageFeeds = (
  settings: Settings,
  send: (events: UsageEvents) => Promise<unknown>,
): Omit<FeedPorts, 'onFailed'> => ({
  pushedFeed: topicFeed,
  settingsOf: (feed) => feedClockSettings(settings, feed),
  report: async (progress, timestampMs) => {
    const events = new UsageEvents(1);
    const payload = JSON.stringify(progress);
    events.pushControl(eventTypes.feed, { msisdn: 0, timestampMs, payload });
    await send(events);
  },
});
