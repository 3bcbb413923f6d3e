import type { FeedProgress } from '../../streaming/index.js';

/** How far feeds are read, and what was told of it. Instants in epoch ms. */
export class FeedReading {
  readonly #latest = new Map<string, number>();
  readonly #told = new Map<string, number>();

  /** Starts from the latest records of feeds that are durable. */
  restart(latest: ReadonlyMap<string, number>): void {
    this.#told.clear();
    this.#latest.clear();
    for (const [feed, recordedAtMs] of latest) this.#latest.set(feed, recordedAtMs);
  }

  /** All of a file, or of its part so far, was read; `recordedAtMs` is its latest record. */
  read(feed: string, recordedAtMs: number): void {
    if (recordedAtMs > (this.#latest.get(feed) ?? -Infinity)) this.#latest.set(feed, recordedAtMs);
  }

  /**
   * What there is to tell of the feed: not more than what unread files allow, and never a time
   * ahead of the clock. A feed that had no record yet, and nothing left to be read, holds no other
   * one back until its next file comes.
   */
  news(
    feed: string,
    limits: { readonly boundMs: number; readonly nowMs: number },
  ): FeedProgress | undefined {
    const latest = this.#latest.get(feed);
    if (latest === undefined) {
      return limits.boundMs === Infinity ? { feed, status: 'idle' } : undefined;
    }
    const completeThroughMs = Math.min(latest, limits.boundMs, limits.nowMs);
    if (!(completeThroughMs > (this.#told.get(feed) ?? -Infinity))) return undefined;
    this.#told.set(feed, completeThroughMs);
    return { feed, status: 'active', completeThroughMs };
  }
}
