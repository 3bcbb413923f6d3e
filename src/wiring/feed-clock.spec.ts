import { loadSettings, type Environment, type Settings } from '../config/index.js';
import { feedClockSettings } from './feed-clock.js';

const settingsOf = (env: Environment, feeds: object = {}): Settings => {
  const loaded = loadSettings(env, () => JSON.stringify({ feeds }));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.settings;
};

test('a feed follows the settings for all feeds unless it has its own', () => {
  const settings = settingsOf(
    { FEED_MAX_OUT_OF_ORDERNESS: 'PT1H', FEED_IDLE_AFTER: 'PT2H' },
    { roaming: { maxOutOfOrderness: 'P2D', idleAfter: 'P3D' } },
  );
  expect(feedClockSettings(settings, 'roaming')).toEqual({
    maxOutOfOrdernessMs: 172_800_000,
    idleAfterMs: 259_200_000,
  });
  expect(feedClockSettings(settings, 'default')).toEqual({ maxOutOfOrdernessMs: 3_600_000 });
  expect(feedClockSettings(settings, 'topic')).toEqual({
    maxOutOfOrdernessMs: 3_600_000,
    idleAfterMs: 7_200_000,
  });
});

test('a feed named like a member of every object has no settings of its own', () => {
  expect(feedClockSettings(settingsOf({}), 'constructor')).toEqual({
    maxOutOfOrdernessMs: 14_400_000,
  });
});
