import { newEventClock } from '../streaming/index.js';
import type { UsageEvents } from './domain/usage-events.js';
import { FeedsService } from './feeds.service.js';

const nowMs = Date.UTC(2026, 0, 2);

/** A service whose partitions have not heard of any feed. */
const newService = () => {
  const sent: UsageEvents[] = [];
  const clock = newEventClock();
  const openPeriods = () => ({ count: 0, earliestEndMs: undefined });
  const service = new FeedsService(
    { clocks: () => Promise.resolve([{ clock, openPeriods }]) },
    {
      send: (events) => {
        sent.push(events);
        return Promise.resolve({ refused: new Map() });
      },
    },
    { last: () => Promise.resolve(new Map()) },
    () => nowMs,
  );
  return { service, sent };
};

describe('feeds before anything was heard of them', () => {
  it.each(['default', 'topic'])('%s can be told about', async (feed) => {
    const { service, sent } = newService();
    const told = await service.completeThrough(feed, nowMs);
    expect(told).toMatchObject({ feed, status: 'active' });
    expect(await service.end(feed)).toMatchObject({ feed, status: 'ended' });
    expect(sent).toHaveLength(2);
  });

  it('takes no time that has not come, whatever is known', async () => {
    const { service, sent } = newService();
    for (const feed of ['default', 'topic']) {
      const tomorrow = service.completeThrough(feed, nowMs + 1);
      await expect(tomorrow).rejects.toMatchObject({ code: 'FEED_TIME_IN_FUTURE' });
    }
    expect(sent).toHaveLength(0);
  });

  it('knows no other', async () => {
    const { service, sent } = newService();
    const unknown = { code: 'FEED_UNKNOWN' };
    await expect(service.end('night')).rejects.toMatchObject(unknown);
    await expect(service.completeThrough('__proto__', 0)).rejects.toMatchObject(unknown);
    expect(sent).toHaveLength(0);
  });
});
