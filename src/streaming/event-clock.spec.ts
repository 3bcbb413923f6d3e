import * as fc from 'fast-check';
import {
  applyFeedProgress,
  feedWatermarkMs,
  newEventClock,
  observeRecord,
  type EventClock,
} from './event-clock.js';

const names = ['default', 'roaming', 'topic', 'constructor', '__proto__', 'a'] as const;
const instant = fc.integer({ min: 1, max: 40 });

const saidArbitrary = fc.record({
  progress: fc.record(
    {
      feed: fc.constantFrom(...names),
      status: fc.constantFrom('active', 'active', 'idle', 'ended'),
      completeThroughMs: instant,
      maxOutOfOrdernessMs: fc.integer({ min: 0, max: 5 }),
    },
    { requiredKeys: ['feed'] },
  ),
  stampMs: instant,
  recordedAtMs: fc.option(instant, { nil: undefined }),
});

type Said = typeof saidArbitrary extends fc.Arbitrary<infer S> ? S : never;

const apply = (clock: EventClock, { progress, stampMs, recordedAtMs }: Said): void => {
  if (recordedAtMs === undefined) applyFeedProgress(clock, progress, stampMs);
  else observeRecord(clock, 'topic', recordedAtMs);
};

/** As the rule has it, over all feeds each time. */
const leastOfActive = ({ feeds }: EventClock): number | undefined => {
  const active = Object.values(feeds).filter(({ status }) => status === 'active');
  const marks = active.map((feed) => feedWatermarkMs(feed) ?? NaN);
  const least = Math.min(...marks);
  return active.length === 0 || Number.isNaN(least) ? undefined : least;
};

describe('the event clock', () => {
  it('is at the least of the active feeds, and never goes back', () => {
    fc.assert(
      fc.property(fc.array(saidArbitrary, { maxLength: 60 }), (all) => {
        const clock = newEventClock();
        let expected: number | undefined;
        for (const said of all) {
          apply(clock, said);
          const least = leastOfActive(clock);
          if (least !== undefined) expected = Math.max(expected ?? -Infinity, least);
          expect(clock.watermarkMs).toBe(expected);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never is ahead of the wall clock where something was said', () => {
    fc.assert(
      fc.property(fc.array(saidArbitrary, { maxLength: 40 }), (all) => {
        const clock = newEventClock();
        let stampMs = -Infinity;
        for (const said of all) {
          if (said.recordedAtMs === undefined) stampMs = Math.max(stampMs, said.stampMs);
          apply(clock, said);
          for (const { completeThroughMs = -Infinity } of Object.values(clock.feeds)) {
            expect(completeThroughMs).toBeLessThanOrEqual(stampMs);
          }
        }
      }),
    );
  });

  it('goes on from what was saved as if nothing had happened', () => {
    fc.assert(
      fc.property(fc.array(saidArbitrary, { maxLength: 30 }), fc.nat(30), (all, cut) => {
        const straight = newEventClock();
        for (const said of all) apply(straight, said);
        const before = newEventClock();
        for (const said of all.slice(0, cut)) apply(before, said);
        const loaded = JSON.parse(JSON.stringify(before)) as EventClock;
        for (const said of all.slice(cut)) apply(loaded, said);
        expect(JSON.parse(JSON.stringify(loaded))).toEqual(JSON.parse(JSON.stringify(straight)));
      }),
    );
  });

  it('lets a feed of records go to its newest record once it is so late', () => {
    const clock = newEventClock();
    observeRecord(clock, 'topic', 50);
    expect(clock.watermarkMs).toBeUndefined();
    applyFeedProgress(clock, { feed: 'topic' }, 30);
    expect(clock.watermarkMs).toBe(30);
    observeRecord(clock, 'topic', 40);
    expect(clock.watermarkMs).toBe(30);
    applyFeedProgress(clock, { feed: 'topic' }, 45);
    expect(clock.watermarkMs).toBe(45);
    applyFeedProgress(clock, { feed: 'topic' }, 90);
    expect(clock.watermarkMs).toBe(50);
    expect(clock.ahead).toBeUndefined();
  });

  it('does not take a stamp for a word about the feed', () => {
    const clock = newEventClock();
    applyFeedProgress(clock, { feed: 'topic', status: 'ended' }, 30);
    applyFeedProgress(clock, { feed: 'topic' }, 40);
    expect(clock.feeds.topic.status).toBe('ended');
  });

  it('looks at few of many feeds when one gets on', () => {
    const clock = newEventClock();
    let looks = 0;
    for (let n = 0; n < 2000; n++) {
      applyFeedProgress(clock, { feed: `f${n}`, status: 'active', completeThroughMs: n + 1 }, 9e9);
      const feed = clock.feeds[`f${n}`];
      const { status } = feed;
      Object.defineProperty(feed, 'status', {
        get: () => (looks++, status),
        set: () => undefined,
        enumerable: true,
      });
    }
    looks = 0;
    for (let n = 0; n < 2000; n++) {
      applyFeedProgress(
        clock,
        { feed: `f${n}`, status: 'active', completeThroughMs: 5000 + n },
        9e9,
      );
    }
    expect(clock.watermarkMs).toBe(5000);
    expect(looks).toBeLessThan(2000 * 8);
  });
});
