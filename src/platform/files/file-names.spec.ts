import fc from 'fast-check';
import { shownName } from './file-names.js';

describe('a name as text', () => {
  const part = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 6 }),
    fc
      .constantFrom('\\xff', '\\x5c', '\\', 'xff', 'x5c', '%ff', 'ü', 'a')
      .map((text) => new Uint8Array(Buffer.from(text))),
  );
  const name = fc
    .array(part, { minLength: 1, maxLength: 5 })
    .map((parts) => Buffer.concat(parts.map((bytes) => Buffer.from(bytes))));

  /** The bytes again, by another way than they were made text. */
  const bytesOf = (text: string): Buffer =>
    Buffer.concat(
      text
        .split(/(\\x[0-9a-f]{2})/)
        .map((piece, at) =>
          at % 2 === 0 ? Buffer.from(piece) : Buffer.from(piece.slice(2), 'hex'),
        ),
    );

  it('says all of it: no two names are shown alike', () => {
    fc.assert(
      fc.property(name, (bytes) => expect(bytesOf(shownName(bytes))).toEqual(bytes)),
      {
        numRuns: 2000,
      },
    );
  });

  it('is the name itself for all that people give', () => {
    for (const text of ['a.csv', 'Zürich%20ü.csv', 'a\\b.csv', 'M%C3%BC.csv', 'x5c.csv']) {
      expect(shownName(Buffer.from(text))).toBe(text);
    }
  });
});
