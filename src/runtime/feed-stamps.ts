import type { EventClock } from '../streaming/index.js';

const leastMsBetween = 1000;
/** While a record is ahead of the wall clock itself, every stamp moves its feed on. */
const leastMsWhileAhead = 60_000;

/**
 * Says when the log has to be told what time it is: feeds of records come no further than the last
 * time somebody said so.
 */
export class FeedStamps {
  /** Written last, and perhaps not read yet (epoch ms). */
  #writtenMs = -Infinity;

  /** The feed whose newest record waits for a stamp as of `nowMs`; undefined while none does. */
  due({ ahead = {} }: EventClock, nowMs: number): string | undefined {
    return Object.keys(ahead).find((feed) => this.#isDue(ahead[feed], nowMs));
  }

  /** To be told of each stamp that stands in the log. */
  written(stampMs: number): void {
    this.#writtenMs = stampMs;
  }

  #isDue(newestMs: number, nowMs: number): boolean {
    const waitMs = newestMs <= nowMs ? leastMsBetween : leastMsWhileAhead;
    return newestMs > this.#writtenMs && nowMs - this.#writtenMs >= waitMs;
  }
}
