import { dailyInstants, localDateText, plusMonths, zonedText } from './zoned-time.js';

const at = (text: string) => Date.parse(text);

describe('zonedText', () => {
  it.each([
    [1577833200000, '2020-01-01T00:00+01:00[Europe/Warsaw]'],
    [1577919661000, '2020-01-02T00:01:01+01:00[Europe/Warsaw]'],
    [1577919661120, '2020-01-02T00:01:01.120+01:00[Europe/Warsaw]'],
    [1585447199000, '2020-03-29T03:59:59+02:00[Europe/Warsaw]'],
    [1585443600000, '2020-03-29T03:00+02:00[Europe/Warsaw]'],
    [1603584000000, '2020-10-25T02:00+02:00[Europe/Warsaw]'],
    [1603587600000, '2020-10-25T02:00+01:00[Europe/Warsaw]'],
  ])('writes %d as Java does', (instantMs, text) => {
    expect(zonedText(instantMs)).toBe(text);
  });

  it('forgets cached hours without a change of the text', () => {
    const first = zonedText(1577833200000);
    for (let hour = 0; hour < 5000; hour++) zonedText(hour * 3_600_000);
    expect(zonedText(1577833200000)).toBe(first);
  });
});

describe('localDateText', () => {
  it('is the date in Warsaw, not in UTC', () => {
    expect(localDateText(at('2020-01-01T23:00Z'))).toBe('2020-01-02');
    expect(localDateText(at('2020-07-01T21:59Z'))).toBe('2020-07-01');
  });
});

describe('plusMonths', () => {
  it.each([
    ['2020-01-01T00:00+01:00', 1, 1580511600000],
    ['2020-01-31T00:00+01:00', 1, 1582930800000],
    ['2020-01-31T00:00+01:00', 25, 1646002800000],
    ['2020-03-01T00:00+01:00', 1, 1585692000000],
    ['2020-02-29T02:30+01:00', 1, 1585445400000],
    ['2020-10-25T02:00+02:00', 1, 1606266000000],
  ])('%s plus %d is what Java says', (from, months, resultMs) => {
    expect(plusMonths(at(from), months)).toBe(resultMs);
  });

  it('moves a local time in the gap of spring forward by the gap', () => {
    expect(plusMonths(at('2021-02-28T02:30+01:00'), 1)).toBe(at('2021-03-28T03:30+02:00'));
  });
});

describe('dailyInstants', () => {
  it('ends strictly before the start plus the months and says where to go on', () => {
    const { instantsMs, nextMs } = dailyInstants(at('2020-01-02T00:00+01:00'), 1);
    expect(instantsMs).toHaveLength(31);
    expect(instantsMs.at(-1)).toBe(at('2020-02-01T00:00+01:00'));
    expect(nextMs).toBe(at('2020-02-02T00:00+01:00'));
  });

  it('keeps 24 elapsed hours over a change of the clock', () => {
    const { instantsMs } = dailyInstants(at('2020-03-29T00:00+01:00'), 1);
    expect(instantsMs[1]).toBe(at('2020-03-30T01:00+02:00'));
  });
});
