import fc from 'fast-check';
import {
  BillingCalendar,
  billingCalendar,
  firstInstantAt,
  monthOf,
  periodEndMs,
  periodFromYearMonth,
  periodOf,
  periodStartMs,
  yearOf,
} from './billing-period.js';

const hourMs = 3_600_000;
const first = periodFromYearMonth(2000, 1);
const last = periodFromYearMonth(2030, 12);
const allZones = Intl.supportedValuesOf('timeZone');
// Clocks that change at or around midnight, by half hours, by a day, or in Ramadan.
const oddZones = [
  'Africa/Cairo',
  'Africa/Casablanca',
  'America/Asuncion',
  'America/Havana',
  'America/Santiago',
  'America/Sao_Paulo',
  'America/Scoresbysund',
  'America/St_Johns',
  'Asia/Amman',
  'Asia/Beirut',
  'Asia/Damascus',
  'Asia/Gaza',
  'Asia/Kathmandu',
  'Asia/Tehran',
  'Australia/Lord_Howe',
  'Europe/Warsaw',
  'Pacific/Apia',
  'Pacific/Kiritimati',
];

// The independent way: Intl's own text of the local date, no offset arithmetic.
const formats = new Map<string, Intl.DateTimeFormat>();
const localDate = (zone: string, ms: number): string => {
  const options = { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('sv-SE', options);
  formats.set(zone, format);
  return format.format(ms);
};

const newYearText = (period: number): string =>
  `${yearOf(period)}-${String(monthOf(period)).padStart(2, '0')}-01`;

const expectFirstInstant = (zone: string, period: number): void => {
  const startMs = periodStartMs(zone, period);
  const earlier = [1, 60_000, hourMs / 2, hourMs, 3 * hourMs, 13 * hourMs, 24 * hourMs];
  const datesBefore = earlier.map((ms) => localDate(zone, startMs - ms));
  expect([zone, localDate(zone, startMs)]).toEqual([zone, newYearText(period)]);
  expect([zone, datesBefore]).not.toEqual([zone, expect.arrayContaining([newYearText(period)])]);
};

const anyPeriod = fc.integer({ min: first, max: last });

describe('billing period', () => {
  it('starts with the first instant whose local date is the 1st, in every zone', () => {
    for (const zone of allZones) {
      fc.assert(
        fc.property(anyPeriod, (period) => expectFirstInstant(zone, period)),
        { numRuns: 6 },
      );
    }
  });

  it('starts so in every month of 2000-2030 where clocks are odd', () => {
    for (const zone of oddZones) {
      for (let period = first; period <= last; period++) expectFirstInstant(zone, period);
    }
  });

  it('is not empty and ends where the next one starts', () => {
    const zones = fc.constantFrom(...allZones);
    fc.assert(
      fc.property(zones, anyPeriod, (zone, period) => {
        expect(periodStartMs(zone, period)).toBeLessThan(periodEndMs(zone, period));
        expect(periodEndMs(zone, period)).toBe(periodStartMs(zone, period + 1));
      }),
    );
  });

  it('holds every instant given to it, asked in any order', () => {
    const instants = fc.array(fc.integer({ min: Date.UTC(1989), max: Date.UTC(2071) }));
    fc.assert(
      fc.property(fc.constantFrom(...allZones), instants, (zone, list) => {
        const calendar = new BillingCalendar(zone);
        for (const ms of list) {
          const period = calendar.periodOf(ms);
          expect(ms).toBeGreaterThanOrEqual(calendar.startMs(period));
          expect(ms).toBeLessThan(calendar.endMs(period));
        }
      }),
    );
  });

  it('puts 00:00 of the 1st into the new month and the millisecond before into the old one', () => {
    const zones = fc.constantFrom(...allZones);
    fc.assert(
      fc.property(zones, anyPeriod, (zone, period) => {
        const startMs = periodStartMs(zone, period);
        expect(periodOf(zone, startMs)).toBe(period);
        expect(periodOf(zone, startMs - 1)).toBe(period - 1);
        expect(periodOf(zone, startMs)).toBe(period);
      }),
    );
  });

  it.each([
    ['Europe/Warsaw', periodFromYearMonth(2020, 1), '2019-12-31T23:00:00.000Z'],
    ['UTC', periodFromYearMonth(2020, 1), '2020-01-01T00:00:00.000Z'],
    ['Asia/Kathmandu', periodFromYearMonth(2020, 1), '2019-12-31T18:15:00.000Z'],
    // Havana set its clock back from 01:00 to 00:00 on 1 November 2020: the first 00:00 counts.
    ['America/Havana', periodFromYearMonth(2020, 11), '2020-11-01T04:00:00.000Z'],
    // St. John's set it back from 00:01 to 23:01 that day: the first 00:00 counts.
    ['America/St_Johns', periodFromYearMonth(2009, 11), '2009-11-01T02:30:00.000Z'],
    // Amman went from 24:00 on 31 March 2011 to 01:00: there is no 00:00.
    ['Asia/Amman', periodFromYearMonth(2011, 4), '2011-03-31T22:00:00.000Z'],
  ])('of %s number %d starts at %s', (zone, period, iso) => {
    expect(new Date(periodStartMs(zone, period)).toISOString()).toBe(iso);
  });

  it('is an hour shorter when the clock goes forward, an hour longer when it goes back', () => {
    const hours = (month: number) => {
      const period = periodFromYearMonth(2020, month);
      const zone = 'Europe/Warsaw';
      return (periodEndMs(zone, period) - periodStartMs(zone, period)) / hourMs;
    };
    expect([hours(1), hours(3), hours(10)]).toEqual([31 * 24, 31 * 24 - 1, 31 * 24 + 1]);
  });

  it('is known for years 1 to 9999', () => {
    for (const zone of ['UTC', 'Europe/Warsaw', 'Pacific/Apia']) {
      for (const [year, month] of [
        [1, 2],
        [99, 12],
        [1582, 10],
        [1989, 12],
        [1990, 1],
        [2069, 12],
        [2070, 1],
        [9999, 11],
      ]) {
        const period = periodFromYearMonth(year, month);
        const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-01`;
        const startMs = periodStartMs(zone, period);
        expect(periodOf(zone, startMs)).toBe(period);
        expect(periodOf(zone, startMs - 1)).toBe(period - 1);
        if (year > 1600) expect(localDate(zone, startMs)).toBe(text);
      }
    }
  });
});

describe('firstInstantAt', () => {
  it('is the first instant that shows the time or a later one, for any change of a clock', () => {
    const offset = fc.integer({ min: -24, max: 28 }).map((halves) => (halves * hourMs) / 2);
    const quarter = hourMs / 4;
    const changeAt = fc.integer({ min: -140, max: 140 }).map((quarters) => quarters * quarter);
    fc.assert(
      fc.property(offset, offset, changeAt, (from, to, changeMs) => {
        const offsetAt = (ms: number) => (ms < changeMs ? from : to);
        let ms = -2 * 24 * hourMs;
        while (ms + offsetAt(ms) < 0) ms += quarter;
        expect(firstInstantAt(0, offsetAt)).toBe(ms);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('period index', () => {
  it('is year and month as one number, one more for the next month', () => {
    expect(periodFromYearMonth(2020, 12) + 1).toBe(periodFromYearMonth(2021, 1));
    const years = fc.integer({ min: 1, max: 9999 });
    fc.assert(
      fc.property(years, fc.integer({ min: 1, max: 12 }), (year, month) => {
        const period = periodFromYearMonth(year, month);
        expect([yearOf(period), monthOf(period)]).toEqual([year, month]);
      }),
    );
  });
});

describe('BillingCalendar', () => {
  it('is one per zone', () => {
    expect(billingCalendar('Europe/Warsaw')).toBe(billingCalendar('Europe/Warsaw'));
  });

  it('refuses a zone the tz data does not know', () => {
    expect(() => billingCalendar('Mars/Base')).toThrow(
      expect.objectContaining({ code: 'AGREEMENT_ZONE_NOT_IN_RUNTIME' }),
    );
  });
});
