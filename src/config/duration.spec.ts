import { parseDurationMs } from './duration.js';

test.each([
  ['PT0S', 0],
  ['PT4H', 14_400_000],
  ['P1D', 86_400_000],
  ['P1W', 604_800_000],
  ['P1DT30M', 88_200_000],
  ['PT0.25S', 250],
  ['PT1.5S', 1_500],
])('%s is %d ms', (text, expectedMs) => {
  expect(parseDurationMs(text)).toBe(expectedMs);
});

test.each(['', 'P', 'PT', 'P1DT', '4H', 'PT4', 'pt4h', 'P1Y', 'P1M', '-PT1H', 'PT1H ', 'PT.5S'])(
  '%j is no duration',
  (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  },
);

test('a duration beyond what a number holds exactly is none', () => {
  expect(parseDurationMs('P99999999999999W')).toBeUndefined();
});
