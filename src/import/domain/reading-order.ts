/** A file that is known and not read to its end. Instants in epoch ms. */
export interface UnreadFile {
  readonly feed: string;
  /** Files of a feed are read in this order, those of one moment as they came. */
  readonly orderMs: number;
  /** No record in it is known to be older; -Infinity when nothing is known. */
  readonly boundMs: number;
}

interface FeedFiles<F> {
  readonly waiting: F[];
  /** Of those that wait. */
  unbounded: number;
  /** The least bound of files that are not whole yet; Infinity without any. */
  arrivingBoundMs: number;
}

/** Unread files: feeds take turns, and within a feed the oldest is read first. */
export class ReadingOrder<F extends UnreadFile> {
  readonly #feeds = new Map<string, FeedFiles<F>>();
  /** Feeds with files that wait, the next one first. */
  readonly #turns: FeedFiles<F>[] = [];

  get isEmpty(): boolean {
    return this.#turns.length === 0;
  }

  add(file: F): void {
    const feed = this.#feed(file.feed);
    const { waiting } = feed;
    if (waiting.length === 0) this.#turns.push(feed);
    if (file.boundMs === -Infinity) feed.unbounded++;
    waiting.splice(placeIn(waiting, file.orderMs), 0, file);
  }

  /** The next file to be read; it does not count as unread any more. */
  take(): F | undefined {
    const feed = this.#turns.shift();
    const file = feed?.waiting.shift();
    if (feed === undefined || file === undefined) return undefined;
    if (file.boundMs === -Infinity) feed.unbounded--;
    if (feed.waiting.length > 0) this.#turns.push(feed);
    return file;
  }

  /** The files of the feed that wait, the next one first. */
  waitingOf(feed: string): readonly F[] {
    return this.#feeds.get(feed)?.waiting ?? [];
  }

  /** The same files of the feed that wait, now that their order is known. */
  reorder(name: string, files: readonly F[]): void {
    const feed = this.#feed(name);
    const sorted = [...files].sort((a, b) => a.orderMs - b.orderMs);
    feed.waiting.splice(0, feed.waiting.length, ...sorted);
    feed.unbounded = sorted.filter(({ boundMs }) => boundMs === -Infinity).length;
  }

  /** The least bounds of the files that are not whole yet, by feed; others have none. */
  arriving(bounds: ReadonlyMap<string, number>): void {
    for (const feed of this.#feeds.values()) feed.arrivingBoundMs = Infinity;
    for (const [name, boundMs] of bounds) this.#feed(name).arrivingBoundMs = boundMs;
  }

  /** No unread file of the feed is known to have an older record; Infinity when there is none. */
  boundMsOf(name: string): number {
    const feed = this.#feeds.get(name);
    if (feed === undefined) return Infinity;
    if (feed.unbounded > 0) return -Infinity;
    return Math.min(feed.arrivingBoundMs, feed.waiting.at(0)?.boundMs ?? Infinity);
  }

  clear(): void {
    this.#feeds.clear();
    this.#turns.length = 0;
  }

  #feed(name: string): FeedFiles<F> {
    const known = this.#feeds.get(name);
    if (known !== undefined) return known;
    const feed = { waiting: [], unbounded: 0, arrivingBoundMs: Infinity };
    this.#feeds.set(name, feed);
    return feed;
  }
}

/** Behind all files of the same moment. */
const placeIn = (files: readonly UnreadFile[], orderMs: number): number => {
  let low = 0;
  let high = files.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (files[middle].orderMs <= orderMs) low = middle + 1;
    else high = middle;
  }
  return low;
};
