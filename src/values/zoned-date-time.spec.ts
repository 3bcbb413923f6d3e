import fc from 'fast-check';
import {
  formatZonedDateTime,
  isKnownZone,
  parseZonedDateTime,
  zonedDateTimeProblem,
  zoneOffsetMs,
} from './zoned-date-time.js';
import { isoDateTimeProblem, parseIsoDateTime } from './iso-date-time.js';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseZonedDateTime(bytesOf(text), 0, bytesOf(text).length);
const problem = (text: string) => zonedDateTimeProblem(bytesOf(text), 0, bytesOf(text).length);
const two = (value: number) => String(value).padStart(2, '0');

describe('parseZonedDateTime', () => {
  it.each([
    ['2020-01-02T00:00+01:00[Europe/Warsaw]', '2020-01-01T23:00:00.000Z'],
    ['2020-01-01T00:00Z', '2020-01-01T00:00:00.000Z'],
    ['2020-01-01T00:00Z[UTC]', '2020-01-01T00:00:00.000Z'],
    ['2020-01-01T00:00:07.5+05:30[Asia/Kolkata]', '2019-12-31T18:30:07.500Z'],
    ['1900-01-01T00:00+01:24[Europe/Warsaw]', '1899-12-31T22:36:00.000Z'],
    ['1800-01-01T00:00-00:01:15[Europe/London]', '1800-01-01T00:01:15.000Z'],
    ['2020-02-29T23:59:59.999999999-18:00', '2020-03-01T17:59:59.999Z'],
    ['2000-02-29T00:00+18:00', '2000-02-28T06:00:00.000Z'],
    ['0001-01-01T00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
    ['2020-01-01T00:00+01:00[UTC+01:00]', '2019-12-31T23:00:00.000Z'],
  ])('reads %s', (text, iso) => {
    expect(new Date(parse(text)).toISOString()).toBe(iso);
  });

  it('lets the written offset decide the instant when it contradicts the zone', () => {
    expect(parse('2020-07-01T00:00-05:00[Europe/Warsaw]')).toBe(Date.UTC(2020, 6, 1, 5));
  });

  it.each([
    '2020-01-01T23:00:00.000+00:00',
    '2020-01-01T23:00Z',
    '2020-01-01T23:00:07-05:30',
    '2020-01-01T23:00+01:24:36',
    '2020-01-01T23:00+01:00[Europe/Warsaw]',
  ])('reads %s alike, whatever stands behind it', (text) => {
    for (const behind of [':', ':00', ':00Z', '.5', '[UTC]', 'Z', '+01:00', '0']) {
      expect(parseZonedDateTime(bytesOf(text + behind), 0, text.length)).toBe(parse(text));
    }
  });

  it('cuts digits below a millisecond down, also before 1970', () => {
    expect(parse('1969-12-31T23:59:59.999999999Z')).toBe(-1);
    expect(parse('1969-12-31T23:59:59.000999999Z')).toBe(-1000);
    expect(parse('1970-01-01T00:00:00.0019Z')).toBe(1);
  });

  it.each([
    ['TIME_WITHOUT_OFFSET', '2020-01-01T00:00'],
    ['TIME_WITHOUT_OFFSET', '2020-01-01T00:00:00.5'],
    ['TIME_WITHOUT_OFFSET', '2020-01-01T00:00[Europe/Warsaw]'],
    ['TIME_UNKNOWN_ZONE', '2020-01-01T00:00Z[Mars/Base]'],
    ['TIME_UNKNOWN_ZONE', '2020-01-01T00:00Z[]'],
    ['TIME_UNKNOWN_ZONE', '2020-01-01T00:00+01:00[europe/warsaw]'],
    ['TIME_UNKNOWN_ZONE', '2020-01-01T00:00+01:00[UTC+19:00]'],
    ['TIME_UNKNOWN_ZONE', `2020-01-01T00:00+01:00[${'A'.repeat(65)}]`],
    ['TIME_IMPOSSIBLE', '0000-01-01T00:00Z'],
    ['TIME_IMPOSSIBLE', '2020-02-30T00:00Z'],
    ['TIME_IMPOSSIBLE', '2021-02-29T00:00Z'],
    ['TIME_IMPOSSIBLE', '1900-02-29T00:00Z'],
    ['TIME_IMPOSSIBLE', '2020-13-01T00:00Z'],
    ['TIME_IMPOSSIBLE', '2020-00-01T00:00Z'],
    ['TIME_IMPOSSIBLE', '2020-01-00T00:00Z'],
    ['TIME_IMPOSSIBLE', '2020-01-01T24:00Z'],
    ['TIME_IMPOSSIBLE', '2020-01-01T00:60Z'],
    ['TIME_IMPOSSIBLE', '2020-01-01T00:00:60Z'],
    ['TIME_IMPOSSIBLE', '2020-01-01T00:00+18:01'],
    ['TIME_IMPOSSIBLE', '2020-01-01T00:00-18:00:01'],
    ['TIME_IMPOSSIBLE', '2020-01-01T00:00+01:60'],
    ['TIME_MALFORMED', ''],
    ['TIME_MALFORMED', '2020-01-01'],
    ['TIME_MALFORMED', '2020-01-01 00:00Z'],
    ['TIME_MALFORMED', '2020-01-01T00:00:5Z'],
    ['TIME_MALFORMED', '2020-01-01T00:00:00.Z'],
    ['TIME_MALFORMED', '2020-01-01T00:00:00.1234567890Z'],
    ['TIME_MALFORMED', '2020-01-01T00:00.5Z'],
    ['TIME_MALFORMED', '2020-01-01T00:00+01'],
    ['TIME_MALFORMED', '2020-01-01T00:00+01:00:0'],
    ['TIME_MALFORMED', '2020-01-01T00:00z'],
    ['TIME_MALFORMED', '2020-01-01T00:00Zx'],
    ['TIME_MALFORMED', '2020-01-01T00:00Z[UTC'],
    ['TIME_MALFORMED', '2020-01-01T00:00Z[UTC]x'],
    ['TIME_MALFORMED', '+2020-01-01T00:00Z'],
    ['TIME_MALFORMED', '٢٠٢٠-01-01T00:00Z'],
    ['TIME_MALFORMED', `2020-01-01T00:00Z[${'A'.repeat(200)}]`],
  ])('refuses with %s: %s', (code, text) => {
    expect(parse(text)).toBeNaN();
    expect(problem(text)).toBe(code);
  });

  it('reads only the bytes it is given, wherever they lie in a buffer', () => {
    const text = '2020-01-02T00:00:01.25+01:00[Europe/Warsaw]';
    for (const behind of [';48', '[x]', ':30', '0', '.5', '']) {
      const bytes = bytesOf(`9;${text}${behind}`);
      expect(parseZonedDateTime(bytes, 2, 2 + text.length)).toBe(
        Date.UTC(2020, 0, 1, 23, 0, 1, 250),
      );
      for (let cut = 0; cut < text.length; cut++) {
        const whole = cut === 28; // up to the offset it is a time of its own
        expect(Number.isNaN(parseZonedDateTime(bytes, 2, 2 + cut))).toBe(!whole);
      }
    }
  });

  it('keeps the zones of one file apart, known and unknown, in any order', () => {
    const known = ['Europe/Warsaw', 'Europe/Berlin', 'UTC', 'Asia/Tokyo'];
    const unknown = ['Europe/Warsax', 'Europe/Berlim', 'UTX', 'Bsia/Tokyo'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...known, ...unknown)), (names) => {
        for (const name of names) {
          const ms = parse(`2020-01-01T00:00Z[${name}]`);
          expect(Number.isNaN(ms)).toBe(unknown.includes(name));
        }
      }),
    );
  });

  it('agrees with Date.parse on every date and time of years 1 to 9999', () => {
    const time = fc.record({
      year: fc.integer({ min: 0, max: 9999 }),
      month: fc.integer({ min: 0, max: 13 }),
      day: fc.integer({ min: 0, max: 32 }),
      hour: fc.integer({ min: 0, max: 23 }),
      second: fc.integer({ min: 0, max: 59 }),
    });
    fc.assert(
      fc.property(time, ({ year, month, day, hour, second }) => {
        const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
        const ms = Date.parse(`${date}T${two(hour)}:07:${two(second)}Z`);
        const rolledOver = new Date(ms).getUTCDate() !== day; // as Date.parse does with Feb 30
        const expected = year === 0 || rolledOver ? NaN : ms;
        expect(parse(`${date}T${two(hour)}:07:${two(second)}+00:00`)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('formatZonedDateTime', () => {
  it.each([
    [Date.UTC(2019, 11, 31, 23), 'Europe/Warsaw', '2020-01-01T00:00+01:00[Europe/Warsaw]'],
    [Date.UTC(2020, 6, 1, 0, 0, 5), 'Europe/Warsaw', '2020-07-01T02:00:05+02:00[Europe/Warsaw]'],
    [Date.UTC(2020, 6, 1, 0, 0, 0, 50), 'UTC', '2020-07-01T00:00:00.050Z[UTC]'],
    [Date.UTC(2020, 0, 1), 'America/St_Johns', '2019-12-31T20:30-03:30[America/St_Johns]'],
  ])('writes %d in %s as Java does', (ms, zone, text) => {
    expect(formatZonedDateTime(ms, zone)).toBe(text);
  });

  it('is read back as the same instant', () => {
    const zones = ['Europe/Warsaw', 'America/St_Johns', 'Asia/Kathmandu', 'Africa/Monrovia', 'UTC'];
    const instants = fc.integer({ min: Date.UTC(1, 11, 31) - 1, max: Date.UTC(9999, 11, 30) });
    fc.assert(
      fc.property(instants, fc.constantFrom(...zones), (ms, zone) => {
        expect(parse(formatZonedDateTime(ms, zone))).toBe(ms);
      }),
    );
  });
});

describe('isKnownZone', () => {
  it.each([
    'Europe/Warsaw',
    'Asia/Kolkata',
    'Asia/Calcutta',
    'UTC',
    'Etc/GMT+12',
    'EST5EDT',
    'EST',
  ])('knows %s', (zone) => {
    expect(isKnownZone(zone)).toBe(true);
    expect(isKnownZone(zone)).toBe(true);
  });

  it.each([
    '',
    'europe/warsaw',
    'Europe/warsaw',
    '+01:00',
    'Mars/Base',
    'BST',
    'Z',
    ' UTC',
    'UTC\n',
  ])('does not know "%s"', (zone) => {
    expect(isKnownZone(zone)).toBe(false);
  });

  it('goes on answering when more unknown names came than it keeps', () => {
    for (let n = 0; n < 2_100; n++) isKnownZone(`No/Such${n}`);
    expect(isKnownZone('Europe/Warsaw')).toBe(true);
    expect(isKnownZone('No/Such1')).toBe(false);
  });

  it('says every zone of the tz data is known', () => {
    expect(Intl.supportedValuesOf('timeZone').filter((zone) => !isKnownZone(zone))).toEqual([]);
  });
});

describe('zoneOffsetMs', () => {
  it('changes at the transition', () => {
    const spring = Date.UTC(2020, 2, 29, 1);
    expect(zoneOffsetMs('Europe/Warsaw', spring - 1)).toBe(3_600_000);
    expect(zoneOffsetMs('Europe/Warsaw', spring)).toBe(7_200_000);
  });

  it('is NaN for an unknown zone', () => {
    expect(zoneOffsetMs('Mars/Base', 0)).toBeNaN();
  });
});

describe('parseIsoDateTime', () => {
  const newYear = Date.UTC(2020, 0, 1);
  it.each([
    ['2020-01-01T00:00Z', newYear],
    ['2020-01-01T01:00+01:00[Europe/Warsaw]', newYear],
    ['2020-01-01T00:00:00.000+00:00', newYear],
    ['2020-01-01t00:00:00z', newYear],
    ['2020-01-01T01+01', newYear],
    ['2020-01-01T0100+0100', newYear],
    ['20200101T000000,5Z', newYear + 500],
    ['2020-01-01T00:00:00.1239999999999999Z', newYear + 123],
    ['2020-060T00:00Z', Date.UTC(2020, 1, 29)],
    ['2020366T00:00Z', Date.UTC(2020, 11, 31)],
    ['2020-W01-1T00:00Z', Date.UTC(2019, 11, 30)],
    ['2020W537T00Z', Date.UTC(2021, 0, 3)],
    ['1969-W01-1T00:00Z', Date.UTC(1968, 11, 30)],
  ])('reads %s', (text, ms) => {
    expect(parseIsoDateTime(text)).toBe(ms);
  });

  it('reads a time alike, whatever was read before it', () => {
    const forms = ['00:00Z', '00:00+00:00', '00:00:00.000+00:00', '00:00:00.000000+00:00:00'];
    for (const before of forms) {
      for (const form of forms) {
        parseIsoDateTime(`2021-01-01T${before}[UTC]`);
        parseIsoDateTime(`2021-01-01T${before}`);
        expect(parseIsoDateTime(`2020-01-01T${form}`)).toBe(newYear);
      }
    }
  });

  it.each([
    ['TIME_WITHOUT_OFFSET', '2020-01-01T00:00:00'],
    ['TIME_IMPOSSIBLE', '2021-366T00:00Z'],
    ['TIME_IMPOSSIBLE', '2020-000T00:00Z'],
    ['TIME_IMPOSSIBLE', '2021-W53-1T00:00Z'],
    ['TIME_IMPOSSIBLE', '2020-W00-1T00:00Z'],
    ['TIME_IMPOSSIBLE', '2020-W01-8T00:00Z'],
    ['TIME_IMPOSSIBLE', '20200230T00Z'],
    ['TIME_IMPOSSIBLE', '2020-01-01T24:00Z'],
    ['TIME_UNKNOWN_ZONE', '2020-01-01T00Z[Nowhere]'],
    ['TIME_MALFORMED', 'yesterday'],
    ['TIME_MALFORMED', '2020-01-01'],
    ['TIME_MALFORMED', '2020-01-01T00:00:00.5'.padEnd(300, '5') + 'Z'],
  ])('refuses with %s: %s', (code, text) => {
    expect(parseIsoDateTime(text)).toBeNaN();
    expect(isoDateTimeProblem(text)).toBe(code);
  });
});
