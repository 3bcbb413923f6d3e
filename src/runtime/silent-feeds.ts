import type { EventClock } from '../streaming/index.js';

/** The clock of one feed; without `idleAfterMs` it holds the closing of windows back for ever. */
export interface FeedClockSettings {
  readonly maxOutOfOrdernessMs: number;
  readonly idleAfterMs?: number;
}

interface Seen {
  readonly completeThroughMs: number | undefined;
  readonly sinceMs: number;
}

/** Finds feeds that have been silent for longer than their idle setting (wall clock). */
export class SilentFeeds {
  readonly #seen = new Map<string, Seen>();

  constructor(private readonly settingsOf: (feed: string) => FeedClockSettings) {}

  /** The active feeds whose progress has not moved for too long, as seen at `nowMs`. */
  look(clock: EventClock, nowMs: number): string[] {
    const silent: string[] = [];
    for (const [feed, { status, completeThroughMs }] of Object.entries(clock.feeds)) {
      const seen = this.#seen.get(feed);
      const { idleAfterMs } = this.settingsOf(feed);
      if (status !== 'active') {
        this.#seen.delete(feed);
      } else if (seen === undefined || seen.completeThroughMs !== completeThroughMs) {
        this.#seen.set(feed, { completeThroughMs, sinceMs: nowMs });
      } else if (idleAfterMs !== undefined && nowMs - seen.sinceMs >= idleAfterMs) {
        silent.push(feed);
      }
    }
    return silent;
  }
}
