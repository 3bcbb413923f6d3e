import type { Setting } from './setting.js';
import type { DeclaredField, declared } from './declared.js';

/** What the settings say of one feed; an absent field follows the setting for all feeds. */
export interface FeedSettings {
  readonly maxOutOfOrdernessMs?: number;
  readonly idleAfterMs?: number;
  readonly sortedByTime?: boolean;
}

type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** All settings, read and within bounds; names end in their unit. Paths are as written. */
export type Settings = {
  readonly [field in DeclaredField]: ValueOf<(typeof declared)[field]>;
} & { readonly feeds: Readonly<Record<string, FeedSettings>> };

/** The feed of records that came without a file: over HTTP, or written to the topic. */
export const topicFeed = 'topic';

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

/** Whether the host is this machine and nobody else can ask. */
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);

/** Whether demo data may be made: never by itself where others ask, or beside a cluster's data. */
export const isGeneratorOn = ({ generator, store, host }: Settings): boolean =>
  generator === 'auto' ? store === 'embedded' && isLoopback(host) : generator === 'on';
