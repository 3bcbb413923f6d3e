import fc from 'fast-check';
import { RowBuffer } from './row-buffer.js';

const id = Uint8Array.of(0xaa, 0xbb);
const time = { high: 0x01020304, low: 0x05060708 };

/** The bytes as the specification of the protocol lays them out, read one after the other. */
class Reading {
  #at: number;

  constructor(
    private readonly bytes: Buffer,
    start: number,
  ) {
    this.#at = start;
  }

  byte(): number {
    return this.bytes[this.#at++];
  }

  short(): number {
    this.#at += 2;
    return this.bytes.readUInt16BE(this.#at - 2);
  }

  take(length: number): Buffer {
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }

  /** A value: its bytes, or its negative length when it has none. */
  value(): Buffer | number {
    this.#at += 4;
    const length = this.bytes.readInt32BE(this.#at - 4);
    return length < 0 ? length : this.take(length);
  }

  get left(): number {
    return this.bytes.length - this.#at;
  }
}

const readingOf = (rows: RowBuffer): Reading => new Reading(rows.finish(6, time), 9);

/** The one value of the one row of a buffer. */
const valueOf = (put: (rows: RowBuffer) => void): Buffer | number => {
  const rows = new RowBuffer(id, 1, 0);
  rows.startRow();
  put(rows);
  const reading = readingOf(rows);
  reading.take(3 + 1 + 2 + id.length + 2);
  return reading.value();
};

test('a batch is laid out as the protocol says', () => {
  const rows = new RowBuffer(id, 2, 0);
  for (const word of ['a', 'żółw']) {
    rows.startRow();
    rows.text(word);
    rows.unset();
  }
  const reading = readingOf(rows);
  expect(reading.byte()).toBe(1); // UNLOGGED
  expect(reading.short()).toBe(2);
  for (const word of ['a', 'żółw']) {
    expect(reading.byte()).toBe(1); // prepared
    expect([...reading.take(reading.short())]).toEqual([...id]);
    expect(reading.short()).toBe(2);
    expect(String(reading.value())).toBe(word);
    expect(reading.value()).toBe(-2);
  }
  expect(reading.short()).toBe(6);
  expect(reading.byte()).toBe(0x20);
  expect([...reading.take(8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(reading.left).toBe(0);
});

test('every whole number up to 2^53 - 1 either way is kept', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (number) => {
      const bytes = valueOf((rows) => rows.bigint(number)) as Buffer;
      expect(bytes.readBigInt64BE()).toBe(BigInt(number));
    }),
  );
});

test('small numbers and days before 1970 are kept', () => {
  expect((valueOf((rows) => rows.tinyint(-3)) as Buffer).readInt8()).toBe(-3);
  expect((valueOf((rows) => rows.smallint(-300)) as Buffer).readInt16BE()).toBe(-300);
  expect((valueOf((rows) => rows.int(-70_000)) as Buffer).readInt32BE()).toBe(-70_000);
  expect((valueOf((rows) => rows.date(0)) as Buffer).toString('hex')).toBe('80000000');
  expect((valueOf((rows) => rows.date(-1)) as Buffer).toString('hex')).toBe('7fffffff');
});

test('the four words of a UUID stand in their order', () => {
  const words = Uint32Array.of(9, 0x01234567, 0x89abcdef, 0xfedcba98, 0x76543210);
  const bytes = valueOf((rows) => rows.uuid(words, 1)) as Buffer;
  expect(bytes.toString('hex')).toBe('0123456789abcdeffedcba9876543210');
});

test('rows that outgrow the memory are kept', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 50 }), (blobs) => {
      const rows = new RowBuffer(id, 1, 64);
      for (const blob of blobs) {
        rows.startRow();
        rows.blob(blob);
      }
      const reading = readingOf(rows);
      reading.take(3);
      for (const blob of blobs) {
        reading.take(1 + 2 + id.length + 2);
        expect(Buffer.compare(reading.value() as Buffer, blob)).toBe(0);
      }
      expect(reading.left).toBe(11);
    }),
  );
});

test('memory that is used again holds nothing of before', () => {
  const rows = new RowBuffer(id, 1, 0);
  for (const value of [1, 2]) {
    rows.clear();
    rows.startRow();
    rows.int(value);
  }
  expect(rows.rows).toBe(1);
  const reading = readingOf(rows);
  reading.take(3 + 1 + 2 + id.length + 2);
  expect((reading.value() as Buffer).readInt32BE()).toBe(2);
});

test.each<[string, (rows: RowBuffer, value: number) => void, readonly number[]]>([
  ['tinyint', (rows, value) => rows.tinyint(value), [128, -129]],
  ['smallint', (rows, value) => rows.smallint(value), [32_768, -32_769]],
  ['int', (rows, value) => rows.int(value), [2_147_483_648, -2_147_483_649]],
  ['bigint', (rows, value) => rows.bigint(value), [2 ** 53, -(2 ** 53), Infinity]],
  ['date', (rows, value) => rows.date(value), [2 ** 31]],
])('%s: a number it cannot hold is refused, never stored as another', (type, put, outside) => {
  for (const value of [...outside, 0.5, NaN]) {
    const rows = new RowBuffer(id, 1, 0);
    rows.startRow();
    expect(() => put(rows, value)).toThrow(`${value} is no ${type} of Cassandra`);
  }
});
