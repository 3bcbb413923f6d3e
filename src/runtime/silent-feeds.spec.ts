import { SilentFeeds } from './silent-feeds.js';
import { applyFeedProgress, newEventClock } from '../streaming/index.js';

const idleAfterMs = 1000;

const clockAt = (completeThroughMs: number) => {
  const clock = newEventClock();
  applyFeedProgress(clock, { feed: 'topic', status: 'active', completeThroughMs }, 9);
  applyFeedProgress(clock, { feed: 'files', status: 'active', completeThroughMs }, 9);
  return clock;
};

const watch = () =>
  new SilentFeeds((feed) => ({
    maxOutOfOrdernessMs: 0,
    ...(feed === 'topic' ? { idleAfterMs } : {}),
  }));

describe('a silent feed', () => {
  it('is idle once its progress has stood still for its idle setting', () => {
    const feeds = watch();
    expect(feeds.look(clockAt(5), 0)).toEqual([]);
    expect(feeds.look(clockAt(5), 999)).toEqual([]);
    expect(feeds.look(clockAt(5), 1000)).toEqual(['topic']);
  });

  it('is not silent while its progress moves', () => {
    const feeds = watch();
    feeds.look(clockAt(5), 0);
    feeds.look(clockAt(6), 999);
    expect(feeds.look(clockAt(6), 1500)).toEqual([]);
  });

  it('never is idle without an idle setting', () => {
    const feeds = watch();
    feeds.look(clockAt(5), 0);
    expect(feeds.look(clockAt(5), 1e9)).not.toContain('files');
  });

  it('is left alone once it has ended', () => {
    const feeds = watch();
    feeds.look(clockAt(5), 0);
    const clock = clockAt(5);
    applyFeedProgress(clock, { feed: 'topic', status: 'ended' }, 9);
    expect(feeds.look(clock, 1e9)).toEqual([]);
  });
});
