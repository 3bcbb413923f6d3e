import type { EventClock, FeedProgress } from '../streaming/index.js';
import { FeedStamps } from './feed-stamps.js';
import { SilentFeeds, type FeedClockSettings } from './silent-feeds.js';

/** What is known of a stream's feeds, and how its log is told of them. */
export interface FeedPorts {
  /** The feed of what comes without a file: pushed, or written to the topic by others. */
  readonly pushedFeed: string;
  readonly settingsOf: (feed: string) => FeedClockSettings;
  /** Writes it into the log, stamped with the time (epoch ms). */
  readonly report: (progress: FeedProgress, stampMs: number) => Promise<void>;
  /** Told of a report that could not be written; it is tried again. */
  readonly onFailed: (feed: string, cause: unknown) => void;
}

/**
 * Reports to a partition's log what no event says: which feeds are silent for longer than they may,
 * what time it is where a record waits for that, and the settings of the pushed feed. So a replay
 * reads no clock.
 */
export class FeedKeeper {
  readonly #silent: SilentFeeds;
  readonly #stamps = new FeedStamps();
  #owesPushedFeed = false;

  constructor(
    private readonly ports: FeedPorts,
    /** The clock of the running task; undefined while it does not run. */
    private readonly clock: () => EventClock | undefined,
    private readonly now: () => number,
  ) {
    this.#silent = new SilentFeeds(ports.settingsOf);
  }

  /** To be called when the task runs: a pushed feed that nobody has sent to holds back no other. */
  async reportPushedFeed(): Promise<void> {
    const { pushedFeed: feed, settingsOf } = this.ports;
    const { maxOutOfOrdernessMs } = settingsOf(feed);
    const known = this.clock()?.feeds[feed];
    if (known?.maxOutOfOrdernessMs === maxOutOfOrdernessMs) return;
    const status = known?.status ?? 'idle';
    this.#owesPushedFeed = !(await this.#report({ feed, status, maxOutOfOrdernessMs }));
  }

  /** To be called every second or so. Never rejects. */
  async look(): Promise<void> {
    const clock = this.clock();
    if (clock === undefined) return;
    if (this.#owesPushedFeed) await this.reportPushedFeed();
    const nowMs = this.now();
    const stamped = this.#stamps.due(clock, nowMs);
    const silent = this.#silent.look(clock, nowMs);
    if (stamped !== undefined) await this.#report({ feed: stamped });
    for (const feed of silent) await this.#report({ feed, status: 'idle' });
  }

  /** Whether it was written; else it is tried again by the next look. */
  async #report(progress: FeedProgress): Promise<boolean> {
    const stampMs = this.now();
    try {
      await this.ports.report(progress, stampMs);
      this.#stamps.written(stampMs);
      return true;
    } catch (cause) {
      this.ports.onFailed(progress.feed, cause);
      return false;
    }
  }
}
