import { applyFeedProgress, newEventClock, observeRecord } from '../streaming/index.js';
import { FeedStamps } from './feed-stamps.js';

const clockWith = (recordedAtMs: number, stampMs?: number) => {
  const clock = newEventClock();
  if (stampMs !== undefined) applyFeedProgress(clock, { feed: 'topic' }, stampMs);
  observeRecord(clock, 'topic', recordedAtMs);
  return clock;
};

describe('a stamp of the wall clock', () => {
  it('is due when a record is newer than the last one, and not before', () => {
    const stamps = new FeedStamps();
    expect(stamps.due(newEventClock(), 1000)).toBeUndefined();
    expect(stamps.due(clockWith(900, 950), 1000)).toBeUndefined();
    expect(stamps.due(clockWith(960, 950), 1000)).toBe('topic');
    expect(stamps.due(clockWith(960), 1000)).toBe('topic');
  });

  it('is written once while it has not been read yet', () => {
    const stamps = new FeedStamps();
    stamps.written(1000);
    expect(stamps.due(clockWith(960, 950), 5000)).toBeUndefined();
    expect(stamps.due(clockWith(1001, 950), 5000)).toBe('topic');
    expect(stamps.due(clockWith(1001, 950), 1999)).toBeUndefined();
  });

  it('is written now and then while a record is ahead of the clock itself', () => {
    const stamps = new FeedStamps();
    const clock = clockWith(1e9, 1000);
    expect(stamps.due(clock, 2000)).toBe('topic');
    stamps.written(2000);
    expect(stamps.due(clock, 3000)).toBeUndefined();
    expect(stamps.due(clock, 62_000)).toBe('topic');
  });

  it('waits for a clock that was put back', () => {
    const stamps = new FeedStamps();
    stamps.written(1e6);
    expect(stamps.due(clockWith(2e6, 1e6), 5000)).toBeUndefined();
  });
});
