import { applyFeedProgress } from '../streaming/index.js';
import { usageApplication, type UsageState } from './usage-application.js';

const bytesOf = (state: UsageState): string =>
  Buffer.concat([...usageApplication.save(state)]).toString('hex');

const restored = async (state: UsageState): Promise<UsageState> => {
  const chunks = [...usageApplication.save(state)];
  return usageApplication.load(
    (async function* () {
      yield* chunks;
    })(),
  );
};

/** Later than all that is said. */
const stampMs = 10_000;

const progress = [
  { feed: 'topic', status: 'idle', maxOutOfOrdernessMs: 0 },
  { feed: 'default', status: 'active', maxOutOfOrdernessMs: 1000 },
  { feed: 'default', status: 'active', completeThroughMs: 5000 },
] as const;

it('waits for a feed with the name of what every object has', () => {
  const { clock } = usageApplication.newState();
  applyFeedProgress(clock, { feed: 'default', status: 'active', completeThroughMs: 5000 }, stampMs);
  applyFeedProgress(
    clock,
    { feed: 'constructor', status: 'active', completeThroughMs: 1000 },
    stampMs,
  );
  applyFeedProgress(clock, { feed: 'default', status: 'active', completeThroughMs: 9000 }, stampMs);
  expect(Object.keys(clock.feeds)).toEqual(['default', 'constructor']);
  expect(clock.watermarkMs).toBe(5000);
});

describe('the state of usage counting', () => {
  it.each([0, 1, 2, 3])('is the same bytes when it was restored after %i events', async (cut) => {
    const straight = usageApplication.newState();
    let cutInTwo = usageApplication.newState();
    for (const said of progress) applyFeedProgress(straight.clock, said, stampMs);
    for (const said of progress.slice(0, cut)) applyFeedProgress(cutInTwo.clock, said, stampMs);
    cutInTwo = await restored(cutInTwo);
    for (const said of progress.slice(cut)) applyFeedProgress(cutInTwo.clock, said, stampMs);
    expect(bytesOf(cutInTwo)).toBe(bytesOf(straight));
  });
});
