import fc from 'fast-check';
import { newEventClock, type EventClock, type FeedClock } from '../../streaming/index.js';
import {
  feedNames,
  feedStanding,
  firstEndMs,
  leastWatermarkMs,
  waitedFor,
} from './feed-standings.js';

const feed = (completeThroughMs?: number, status: FeedClock['status'] = 'active'): FeedClock => ({
  status,
  completeThroughMs,
  maxOutOfOrdernessMs: 10,
});

const clock = (watermarkMs: number | undefined, feeds: EventClock['feeds']): EventClock => ({
  ...newEventClock(),
  watermarkMs,
  feeds,
});

describe('a feed over several partitions', () => {
  it('has come as far as where it has come least far', () => {
    const clocks = [clock(90, { a: feed(100) }), clock(60, { a: feed(70) })];
    expect(feedStanding(clocks, 'a')).toMatchObject({ completeThroughMs: 70, watermarkMs: 60 });
    expect(leastWatermarkMs(clocks)).toBe(60);
  });

  it('is active where one partition waits for it, and only that one counts', () => {
    const clocks = [clock(90, { a: feed(100) }), clock(60, { a: feed(5, 'idle') })];
    expect(feedStanding(clocks, 'a')).toMatchObject({ status: 'active', completeThroughMs: 100 });
  });

  it('has not come anywhere while a partition has not heard of it', () => {
    const clocks = [clock(90, { a: feed(100) }), clock(undefined, {})];
    expect(feedStanding(clocks, 'a')).toMatchObject({ status: 'active', watermarkMs: undefined });
    expect(feedStanding([clocks[1]], 'a')).toBeUndefined();
    expect(feedNames(clocks)).toEqual(['a']);
  });

  it('holds back when it holds back one partition', () => {
    const ahead = clock(60, { a: feed(100), b: feed(70) });
    const behind = clock(90, { a: feed(100), b: feed(900) });
    expect(feedStanding([ahead], 'a')?.holdsBack).toBe(false);
    expect(feedStanding([ahead, behind], 'a')?.holdsBack).toBe(true);
  });

  it('holds nothing back where no partition waits', () => {
    const clocks = [clock(90, { a: feed(100) }), clock(undefined, { a: feed(undefined, 'idle') })];
    expect(leastWatermarkMs(clocks)).toBe(90);
    expect(leastWatermarkMs([clock(undefined, { a: feed() }), clocks[0]])).toBeUndefined();
  });
});

describe('open periods of several partitions', () => {
  it('wait for the feeds of the partition with the first end', () => {
    const partitions = [
      { clock: clock(0, { a: feed(20), b: feed(5000) }), earliestEndMs: 1000 },
      { clock: clock(0, { a: feed(5000), b: feed(20) }), earliestEndMs: 2000 },
      { clock: clock(0, { c: feed() }), earliestEndMs: undefined },
    ];
    expect(firstEndMs(partitions)).toBe(1000);
    expect(waitedFor(partitions)).toEqual(['a']);
    expect(waitedFor(partitions.slice(1))).toEqual(['b']);
    expect(waitedFor(partitions.slice(2))).toEqual([]);
  });
});

const feeds = fc.dictionary(
  fc.constantFrom('a', 'b', 'constructor'),
  fc.record({
    status: fc.constantFrom<FeedClock['status']>('active', 'idle', 'ended'),
    completeThroughMs: fc.option(fc.integer(), { nil: undefined }),
    maxOutOfOrdernessMs: fc.nat(),
  }),
  { noNullPrototype: true },
);

it('tells one partition as it is', () => {
  fc.assert(
    fc.property(fc.option(fc.integer(), { nil: undefined }), feeds, (watermarkMs, known) => {
      const only = clock(watermarkMs, known);
      expect(leastWatermarkMs([only])).toBe(watermarkMs);
      expect(feedNames([only])).toEqual(Object.keys(known).sort());
      for (const [name, state] of Object.entries(known)) {
        expect(feedStanding([only], name)).toMatchObject({ feed: name, ...state });
      }
    }),
  );
});
