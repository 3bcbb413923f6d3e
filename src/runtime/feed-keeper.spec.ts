import { newEventClock, type EventClock, type FeedProgress } from '../streaming/index.js';
import { FeedKeeper } from './feed-keeper.js';

const keeperOf = (clock: EventClock | undefined, fails: () => boolean) => {
  const said: FeedProgress[] = [];
  const failed: string[] = [];
  const keeper = new FeedKeeper(
    {
      pushedFeed: 'pushed',
      settingsOf: () => ({ maxOutOfOrdernessMs: 7000 }),
      report: (progress) => {
        if (fails()) return Promise.reject(new Error('the log is away'));
        said.push(progress);
        return Promise.resolve();
      },
      onFailed: (feed) => failed.push(feed),
    },
    () => clock,
    () => 1000,
  );
  return { keeper, said, failed };
};

const settings = { feed: 'pushed', status: 'idle', maxOutOfOrdernessMs: 7000 };

test('the settings of the pushed feed are reported until they are written', async () => {
  let isAway = true;
  const { keeper, said, failed } = keeperOf(newEventClock(), () => isAway);
  await keeper.reportPushedFeed();
  await keeper.look();
  expect([said, failed]).toEqual([[], ['pushed', 'pushed']]);
  isAway = false;
  await keeper.look();
  await keeper.look();
  expect(said).toEqual([settings]);
});

test('nothing is reported while the task does not run', async () => {
  const { keeper, said } = keeperOf(undefined, () => false);
  await keeper.look();
  expect(said).toEqual([]);
});
