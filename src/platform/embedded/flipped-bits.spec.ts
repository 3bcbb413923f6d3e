import fc from 'fast-check';
import { mendBit, mendLog } from './flipped-bits.js';
import { duckdbChecksum } from './wal-entries.js';

/** Data as DuckDB writes it: its checksum, then itself. */
const summed = (data: Uint8Array): Buffer => {
  const bytes = Buffer.concat([Buffer.alloc(8), data]);
  bytes.writeBigUInt64LE(duckdbChecksum(bytes.subarray(8)));
  return bytes;
};
const flipped = (bytes: Buffer, ...bits: readonly number[]): Buffer => {
  const copy = Buffer.from(bytes);
  for (const bit of bits) copy[bit >> 3] ^= 1 << (bit & 7);
  return copy;
};

describe('a flipped bit', () => {
  const pieces = fc.uint8Array({ minLength: 1, maxLength: 300 }).map(summed);

  const withBit = pieces.chain((bytes) =>
    fc.tuple(fc.constant(bytes), fc.nat(bytes.length * 8 - 1)),
  );

  it('is set right in the data or their checksum, or left where another one may be it', () => {
    fc.assert(
      fc.property(withBit, ([bytes, bit]) => {
        const found = flipped(bytes, bit);
        const expected = mendBit(found) ? bytes : flipped(bytes, bit);
        expect(found.equals(expected)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is set right wherever it is in the lower half of a word', () => {
    fc.assert(
      fc.property(withBit, ([bytes, bit]) => {
        fc.pre(bit % 64 < 32);
        const found = flipped(bytes, bit);
        expect(mendBit(found)).toBe(true);
        expect(found.equals(bytes)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is not looked for in what is as it was written', () => {
    fc.assert(
      fc.property(pieces, (bytes) => {
        const found = Buffer.from(bytes);
        expect(mendBit(found)).toBe(false);
        expect(found.equals(bytes)).toBe(true);
      }),
    );
  });

  it('is not made up where more is wrong: what is left says so', () => {
    const some = pieces.chain((bytes) =>
      fc.tuple(
        fc.constant(bytes),
        fc.uniqueArray(fc.nat(bytes.length * 8 - 1), { minLength: 2, maxLength: 6 }),
      ),
    );
    fc.assert(
      fc.property(some, ([bytes, bits]) => {
        const found = flipped(bytes, ...bits);
        const before = Buffer.from(found);
        if (mendBit(found)) expect(found.equals(bytes)).toBe(true);
        else expect(found.equals(before)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is not looked for in what is no log', () => {
    expect(mendLog(Buffer.alloc(0))).toBe(0);
    expect(mendLog(Buffer.alloc(7, 1))).toBe(0);
    expect(mendLog(Buffer.alloc(100, 255))).toBe(0);
  });
});
