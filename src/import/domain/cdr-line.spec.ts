import * as fc from 'fast-check';
import { UsageEvents } from '../../ingest/index.js';
import { parseUuid, uuidText } from '../../values/uuid.js';
import { CdrLineParser, isNote } from './cdr-line.js';

const stampMs = Date.UTC(2020, 5, 1);
const externalId = '8aae90a1-c2e7-33e5-9fab-f8f3e1900906';
const recordedAt = '2020-01-02T00:00+01:00[Europe/Warsaw]';
const good = `${externalId};${recordedAt};48917846822;825012938`;

const parse = (text: string | Buffer) => {
  const line = Buffer.from(text);
  const bytes = Buffer.concat([Buffer.from('x;x\n'), line, Buffer.from('\n1;2')]);
  const events = new UsageEvents(1);
  const maxFutureSkewMs = 86_400_000;
  const parser = new CdrLineParser({ fileId: 7, feed: 'default', stampMs, maxFutureSkewMs });
  const end = 4 + line.length;
  return { problem: parser.parse({ bytes, start: 4, end, lineNo: 12 }, events), events };
};

const withField = (at: number, text: string): string =>
  good
    .split(';')
    .map((field, index) => (index === at ? text : field))
    .join(';');

describe('a line of a CDR file', () => {
  it('becomes one data record', () => {
    const { problem, events } = parse(good);
    expect(problem).toBeUndefined();
    expect(events.length).toBe(1);
    expect(uuidText(events.recordIds)).toBe(externalId);
    expect(events.timestampsMs[0]).toBe(Date.UTC(2020, 0, 1, 23));
    expect([events.keys[0], events.recordedBytes[0]]).toEqual([48917846822, 825012938]);
    expect([events.fileIds[0], events.lineNos[0], events.types[0]]).toEqual([7, 12, 0]);
  });

  it.each([
    ['nine fraction digits', withField(1, '2020-01-02T00:00:00.123456789Z')],
    ['an offset without a zone', withField(1, '2020-01-02T00:00+01:24')],
    ['no bytes', withField(3, '0')],
    ['the greatest safe integer', withField(3, '9007199254740991')],
    ['leading zeros of the bytes', withField(3, '00000000000000000000042')],
    ['fifteen digits of msisdn', withField(2, '999999999999999')],
    ['an external id that is no UUID', withField(0, 'żółć 1')],
    ['recordedAt 24 h after the import', withField(1, '2020-06-02T00:00Z')],
  ])('may have %s', (_what, line) => {
    expect(parse(line).problem).toBeUndefined();
  });

  it.each([
    ['CDR_LINE_EMPTY', ''],
    ['CDR_NUL_BYTE', good.replace('a', '\0')],
    ['CDR_NUL_BYTE', '\0'],
    ['CDR_FIELDS_TOO_FEW', 'one field'],
    ['CDR_FIELDS_TOO_FEW', 'a;b;c'],
    ['CDR_FIELDS_TOO_MANY', `${good};`],
    ['CDR_FIELDS_TOO_MANY', ';'.repeat(50_000)],
    ['CDR_FIELD_EMPTY', ';;;'],
    ['CDR_FIELD_EMPTY', withField(0, '')],
    ['CDR_FIELD_EMPTY', withField(1, '')],
    ['CDR_FIELD_EMPTY', withField(2, '')],
    ['CDR_FIELD_EMPTY', withField(3, '')],
    ['CDR_HEADER_LINE', 'externalId;recordedAt;msisdn;recordedBytes'],
    ['CDR_MSISDN_INVALID', withField(2, '1234567890123456')],
    ['CDR_MSISDN_INVALID', withField(2, '+48917846822')],
    ['CDR_MSISDN_INVALID', withField(2, '48 917')],
    ['CDR_MSISDN_LEADING_ZERO', withField(2, '048917846822')],
    ['CDR_MSISDN_LEADING_ZERO', withField(2, '0')],
    ['CDR_BYTES_NEGATIVE', withField(3, '-1')],
    ['CDR_BYTES_NEGATIVE', withField(3, '-0')],
    ['CDR_BYTES_FRACTIONAL', withField(3, '1.5')],
    ['CDR_BYTES_FRACTIONAL', withField(3, '1,5')],
    ['CDR_BYTES_EXPONENT', withField(3, '1e9')],
    ['CDR_BYTES_EXPONENT', withField(3, '1.5E+9')],
    ['CDR_BYTES_TOO_LARGE', withField(3, '9007199254740992')],
    ['CDR_BYTES_TOO_LARGE', withField(3, '9'.repeat(400))],
    ['CDR_BYTES_NOT_ASCII', withField(3, '١٢٣')],
    ['CDR_BYTES_INVALID', withField(3, '1 2')],
    ['CDR_BYTES_INVALID', withField(3, '12"')],
    ['CDR_MSISDN_INVALID', withField(2, '"48917846822')],
    ['CDR_FIELD_EMPTY', withField(0, ' "" ')],
    ['CDR_FIELD_EMPTY', withField(1, '\t')],
    ['CDR_FIELD_EMPTY', withField(2, '\u00a0')],
    ['CDR_ID_CHARACTER', withField(0, 'a\tb')],
    ['CDR_ID_CHARACTER', withField(0, 'a\u00a0b')],
    ['CDR_ID_CHARACTER', withField(0, '"a')],
    ['CDR_ID_CHARACTER', `"${good}"`],
    ['CDR_ID_TOO_LONG', withField(0, 'x'.repeat(1025))],
    ['CDR_ID_TOO_LONG', withField(0, 'ż'.repeat(513))],
    ['CDR_HEADER_LINE', '"externalId";"recordedAt";"msisdn";"recordedBytes"'],
    ['CDR_BYTES_INVALID', withField(3, '0x10')],
    ['CDR_TIME_IN_FUTURE', withField(1, '2020-06-02T00:00:00.001Z')],
    ['CDR_TIME_IN_FUTURE', withField(1, '2020-06-02T01:00Z')],
    ['TIME_WITHOUT_OFFSET', withField(1, '2020-01-02T00:00')],
    ['TIME_UNKNOWN_ZONE', withField(1, '2020-01-02T00:00Z[Mars/Base]')],
    ['TIME_IMPOSSIBLE', withField(1, '2020-02-30T00:00Z')],
    ['TIME_IMPOSSIBLE', withField(1, '0000-01-01T00:00Z')],
    ['TIME_MALFORMED', withField(1, 'yesterday')],
  ])('is refused as %s (%#)', (code, line) => {
    const { problem, events } = parse(line);
    expect(problem).toBe(code);
    expect(events.length).toBe(0);
  });

  it('is the same line when a spreadsheet saved it, or among blanks', () => {
    const edge = fc.string({
      unit: fc.constantFrom(' ', '\t', '\u00a0', '\ufeff', '\u200b'),
      maxLength: 3,
    });
    const dressed = fc.tuple(edge, edge, fc.boolean());
    const clean = parse(good).events;
    fc.assert(
      fc.property(fc.array(dressed, { minLength: 4, maxLength: 4 }), (dress) => {
        const fields = good.split(';').map((field, index) => {
          const [before, behind, isQuoted] = dress[index];
          const quote = isQuoted ? '"' : '';
          return `${before}${quote}${field}${quote}${behind}`;
        });
        const { problem, events } = parse(fields.join(';'));
        expect(problem).toBeUndefined();
        expect([events.keys[0], events.recordedBytes[0]]).toEqual([48917846822, 825012938]);
        expect(events.timestampsMs[0]).toBe(clean.timestampsMs[0]);
        expect(uuidText(events.recordIds)).toBe(externalId);
        expect(events.lineNos[0]).toBe(12);
      }),
    );
  });

  it('is refused when it is not UTF-8, also within the external id', () => {
    const line = Buffer.from(good);
    line[3] = 0xff;
    expect(parse(line).problem).toBe('CDR_UTF8_INVALID');
    expect(parse(Buffer.from([0xc3])).problem).toBe('CDR_UTF8_INVALID');
  });

  it('never throws, and adds a record only when it finds no problem', () => {
    const piece = fc.oneof(
      fc.constantFrom(';', '0', '-', 'e', '\0', '2020-01-02T00:00Z', externalId, '48', '٣'),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const { problem, events } = parse(pieces.join(''));
        expect(events.length).toBe(problem === undefined ? 1 : 0);
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const { problem, events } = parse(Buffer.from(bytes));
        expect(events.length).toBe(problem === undefined ? 1 : 0);
      }),
      { numRuns: 500 },
    );
  });

  it('is read as a simple reader that splits it at each semicolon reads it', () => {
    const digits = (max: number) =>
      fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: max });
    const at = fc.date({
      min: new Date(Date.UTC(1990, 0)),
      max: new Date(stampMs + 3 * 86_400_000),
      noInvalidDate: true,
    });
    const fields = fc.tuple(fc.uuid(), at, digits(17), digits(18));
    fc.assert(
      fc.property(fields, ([id, date, msisdn, bytes]) => {
        const { problem, events } = parse([id, date.toISOString(), msisdn, bytes].join(';'));
        const isGood =
          /^[1-9]\d{0,14}$/.test(msisdn) &&
          BigInt(bytes) <= 2n ** 53n - 1n &&
          date.getTime() <= stampMs + 86_400_000;
        expect(problem === undefined).toBe(isGood);
        if (!isGood) return;
        expect(events.recordIds.slice(0, 4)).toEqual(parseUuid(id));
        expect(events.keys[0]).toBe(Number(msisdn));
        expect(events.recordedBytes[0]).toBe(Number(bytes));
        expect(events.timestampsMs[0]).toBe(date.getTime());
      }),
      { numRuns: 500 },
    );
  });
});

describe('a note of a list of rejects', () => {
  const isNoteText = (text: string) => isNote(Buffer.from(text), 0, Buffer.byteLength(text));

  it('is known by its first words', () => {
    expect(isNoteText('# line 12 CDR_FIELDS_TOO_FEW: The line has fewer than four fields.')).toBe(
      true,
    );
    expect(isNoteText('# other')).toBe(false);
    expect(isNoteText('# lin')).toBe(false);
    expect(isNoteText('')).toBe(false);
  });

  it('is never a line that could be a record', () => {
    expect(isNoteText(`# line 12;${recordedAt};48917846822;1`)).toBe(false);
  });
});
