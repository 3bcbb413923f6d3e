import { goodLine, goodLines, ImporterInTest, sumOfBook } from './importer-in-test.js';

const registeredAtMs = Date.UTC(2020, 5, 1);
const at = (hours: number): string => new Date(registeredAtMs + hours * 3_600_000).toISOString();
const line = (recordedAt: string, bytes = '1'): string => `x;${recordedAt};4812345;${bytes}`;

const importer = ImporterInTest.at({ now: () => registeredAtMs });
let files = 0;

beforeAll(() => importer.start());
afterAll(() => importer.stopAndRemove());

/** Imports one file, alone; its book and the codes of its lines. */
const imported = async (content: string | Buffer, name = `file-${files + 1}.csv`) => {
  importer.drop(name, content);
  const [book] = (await importer.ended(++files)).slice(-1);
  expect(sumOfBook(book)).toBe(book.lines);
  return { book, codes: await importer.codes(book.id) };
};

const badLines: [what: string, line: string | Buffer, code: string][] = [
  ['an empty line', '', 'CDR_LINE_EMPTY'],
  ['a header', 'externalId;recordedAt;msisdn;recordedBytes', 'CDR_HEADER_LINE'],
  ['too few fields', 'a;2020-01-02T00:00:00Z;481', 'CDR_FIELDS_TOO_FEW'],
  ['too many fields', 'a;2020-01-02T00:00:00Z;481;1;', 'CDR_FIELDS_TOO_MANY'],
  ['an empty id', ';2020-01-02T00:00:00Z;481;1', 'CDR_FIELD_EMPTY'],
  ['an empty time', 'a;;481;1', 'CDR_FIELD_EMPTY'],
  ['an empty msisdn', 'a;2020-01-02T00:00:00Z;;1', 'CDR_FIELD_EMPTY'],
  ['empty bytes', 'a;2020-01-02T00:00:00Z;481;', 'CDR_FIELD_EMPTY'],
  ['negative bytes', line('2020-01-02T00:00Z', '-1'), 'CDR_BYTES_NEGATIVE'],
  ['fractional bytes', line('2020-01-02T00:00Z', '1.5'), 'CDR_BYTES_FRACTIONAL'],
  ['bytes with an exponent', line('2020-01-02T00:00Z', '1e9'), 'CDR_BYTES_EXPONENT'],
  ['bytes over 2^53 − 1', line('2020-01-02T00:00Z', '9007199254740992'), 'CDR_BYTES_TOO_LARGE'],
  ['digits that are not ASCII', line('2020-01-02T00:00Z', '١٢'), 'CDR_BYTES_NOT_ASCII'],
  ['bytes that are words', line('2020-01-02T00:00Z', 'many'), 'CDR_BYTES_INVALID'],
  ['a msisdn of letters', 'a;2020-01-02T00:00Z;48x;1', 'CDR_MSISDN_INVALID'],
  ['a msisdn that begins with 0', 'a;2020-01-02T00:00Z;048;1', 'CDR_MSISDN_LEADING_ZERO'],
  ['a time without offset', line('2020-01-02T00:00:00'), 'TIME_WITHOUT_OFFSET'],
  ['a time in an unknown zone', line('2020-01-02T00:00Z[Mars/Base]'), 'TIME_UNKNOWN_ZONE'],
  ['a date that does not exist', line('2020-02-30T00:00Z'), 'TIME_IMPOSSIBLE'],
  ['the year 0', line('0000-01-01T00:00Z'), 'TIME_IMPOSSIBLE'],
  ['a time 25 hours ahead', line(at(25)), 'CDR_TIME_IN_FUTURE'],
  ['bytes that are not UTF-8', Buffer.from('\xff\xfe;b;c;d', 'latin1'), 'CDR_UTF8_INVALID'],
  ['a NUL', 'a\0;2020-01-02T00:00Z;481;1', 'CDR_NUL_BYTE'],
  ['10 MB', 'x'.repeat(10_000_000), 'CDR_LINE_TOO_LONG'],
  ['1,000,000 semicolons', ';'.repeat(1_000_000), 'CDR_LINE_TOO_LONG'],
];

describe('a file with a bad line', () => {
  it.each(badLines)('tells its code and line, and counts the rest: %s', async (_, bad, code) => {
    const before = goodLines(2, files * 10 + 1);
    const after = goodLines(1, files * 10 + 3);
    const parts = [before, bad, '\n', after].map((part) => Buffer.from(part));
    const { book, codes } = await imported(Buffer.concat(parts));
    expect(codes).toEqual({ 3: code });
    expect(book).toMatchObject({ state: 'done', lines: 4, waiting: 3, rejected: 1, reason: null });
  });

  it('tells the first fault of each of many bad lines', async () => {
    const lines = badLines.slice(0, -2).map(([, bad]) => Buffer.from(bad));
    const content = Buffer.concat(lines.flatMap((bad) => [bad, Buffer.from('\n')]));
    const { book, codes } = await imported(content);
    const expected = badLines.slice(0, -2).map(([, , code], n) => [n + 1, code]);
    expect(codes).toEqual(Object.fromEntries(expected));
    expect(book).toMatchObject({ state: 'done', lines: expected.length, counted: 0 });
  });
});

describe('a file is read whole', () => {
  const isWhole = async (content: string | Buffer, lines: number): Promise<void> => {
    const { book, codes } = await imported(content);
    expect(codes).toEqual({});
    expect(book).toMatchObject({ state: 'done', lines, waiting: lines, rejected: 0 });
  };

  it('when it is empty', () => isWhole('', 0));
  it('with a byte order mark', () => isWhole(`\ufeff${goodLines(2, 1001)}`, 2));
  it('with CR LF', () => isWhole(goodLines(3, 1011).replaceAll('\n', '\r\n'), 3));
  it('without a line break at its end', () => isWhole(goodLines(2, 1021).trimEnd(), 2));
  it('with nine digits of a second', () =>
    isWhole(`${line('2020-01-03T00:00:00.123456789Z')}\n`, 1));
  it('with a record 23 hours ahead', () => isWhole(`${line(at(23))}\n`, 1));
});

it('the byte order mark of a first line is not part of its rejected text', async () => {
  const { book } = await imported(`\ufeff${goodLine(1031)};\n`);
  const text = await importer.rejects(book.id);
  expect(text.split('\n')[1]).toBe(`${goodLine(1031)};`);
});

describe('where the settings allow lines of 16 MiB', () => {
  const large = ImporterInTest.at({ now: () => registeredAtMs, maxLineBytes: 16 * 1024 * 1024 });
  beforeAll(() => large.start());
  afterAll(() => large.stopAndRemove());

  it('1,000,000 semicolons are too many fields, and only the first of them are kept', async () => {
    large.drop('a.csv', `${goodLine(1)}\n${';'.repeat(1_000_000)}\n${goodLine(2)}\n`);
    const [book] = await large.ended(1);
    expect(await large.codes(book.id)).toEqual({ 2: 'CDR_FIELDS_TOO_MANY' });
    expect(book).toMatchObject({ lines: 3, waiting: 2, rejected: 1 });
    expect((await large.rejects(book.id)).split('\n')[1]).toBe(
      `${';'.repeat(4000)};… cut off here`,
    );
  });
});

it('the bound of the future is the setting, not a day', async () => {
  const strict = await ImporterInTest.started({ now: () => registeredAtMs, maxFutureSkewMs: 1000 });
  strict.drop('a.csv', [line(at(0)), line(at(1))].join('\n'));
  const [book] = await strict.ended(1);
  expect(await strict.codes(book.id)).toEqual({ 2: 'CDR_TIME_IN_FUTURE' });
  await strict.stopAndRemove();
});
