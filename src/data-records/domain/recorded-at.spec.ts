import { recordedAtText } from './recorded-at.js';

describe('recordedAt', () => {
  it('is written with milliseconds and a numeric offset', () => {
    expect(recordedAtText(Date.UTC(2020, 0, 1, 23))).toBe('2020-01-01T23:00:00.000+00:00');
  });
});
