import fc from 'fast-check';
import { harmless, isHarmless, takenBack } from './spreadsheet-cells.js';

const text = (line: string): string => Buffer.from(harmless(Buffer.from(line))).toString();
const says = ";(each ' put before a cell is taken back)";

const part = fc.constantFrom(
  ...[
    '=',
    '+',
    '-',
    '@',
    '\t',
    '\r',
    "'",
    '"',
    ';',
    ',',
    '|',
    '＝',
    'a',
    '1',
    ' ',
    says,
    'ž',
    '\0',
  ],
);
const line = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10))),
  fc.array(part, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(''))),
);

it('takes back exactly the bytes it made harmless', () => {
  fc.assert(
    fc.property(line, (bytes) => {
      const shown = Buffer.from(harmless(bytes));
      const read = isHarmless(shown) ? takenBack(shown) : shown;
      expect(read.equals(bytes)).toBe(true);
    }),
    { numRuns: 5000 },
  );
});

it('leaves no cell that a spreadsheet runs, whatever stands between its cells', () => {
  fc.assert(
    fc.property(line, (bytes) => {
      const shown = Buffer.from(harmless(bytes)).toString('latin1');
      for (const cell of shown.split(/[;,|\t\r]/)) {
        expect(cell).not.toMatch(/^([=+\-@"]|\xef\xbc[\x8b\x8d\x9d\xa0])/);
      }
    }),
    { numRuns: 5000 },
  );
});

it.each([
  ['=cmd|x;2020-01-01T00:00Z;48;1', `'=cmd|x;2020-01-01T00:00Z;48;1${says}`],
  ['a;+1;@b;-4', `a;'+1;'@b;'-4${says}`],
  ["'a;b", `''a;b${says}`],
])('shows %j as %j', (raw, shown) => expect(text(raw)).toBe(shown));

it.each(['a;2020-01-01T00:00+01:00[Europe/Warsaw];48;1', '', 'a=b;c-d', 'only text'])(
  'leaves %j as it is',
  (raw) => expect(text(raw)).toBe(raw),
);
