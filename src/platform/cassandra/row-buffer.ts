/** Bytes before the first row: frame header (9), type of batch (1), number of rows (2). */
const headBytes = 12;
/** Bytes behind the last row: consistency (2), flags (1), time of the write (8). */
const tailBytes = 11;

const encoder = new TextEncoder();
const twoTo32 = 4_294_967_296;

/** A number that the column cannot hold would be stored as another one. */
const inRange = (isIn: boolean, value: number, type: string): void => {
  if (!isIn) throw new RangeError(`${value} is no ${type} of Cassandra`);
};

/**
 * Rows of one prepared statement as a BATCH request of the native protocol (v3 and v4, section
 * 4.1.7): the values are written straight into the request, in the order of the statement's
 * marks. A quarter of the driver's own cost: it makes an object a row and two a value. A number
 * that its column cannot hold throws a RangeError.
 */
export class RowBuffer {
  /** Rows begun. */
  rows = 0;
  #bytes: Buffer;
  #view: DataView;
  #at = headBytes;

  /** The statement's id as its server gave it, and how many values a row has. */
  constructor(
    private readonly statementId: Uint8Array,
    private readonly values: number,
    capacity: number,
  ) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(capacity, headBytes + tailBytes));
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
  }

  /** Bytes of the request so far. */
  get length(): number {
    return this.#at;
  }

  /** Empties it; the memory is used again. */
  clear(): void {
    this.rows = 0;
    this.#at = headBytes;
  }

  startRow(): void {
    const { length } = this.statementId;
    this.#reserve(length + 5);
    this.#bytes[this.#at] = 1; // a prepared statement
    this.#view.setUint16(this.#at + 1, length);
    this.#bytes.set(this.statementId, this.#at + 3);
    this.#view.setUint16(this.#at + 3 + length, this.values);
    this.#at += length + 5;
    this.rows++;
  }

  /** Leaves the column as it is: a null would be stored as a deletion. */
  unset(): void {
    this.#value(-2, 0);
  }

  tinyint(value: number): void {
    inRange((value << 24) >> 24 === value, value, 'tinyint');
    this.#value(1, 1);
    this.#view.setInt8(this.#at - 1, value);
  }

  smallint(value: number): void {
    inRange((value << 16) >> 16 === value, value, 'smallint');
    this.#value(2, 2);
    this.#view.setInt16(this.#at - 2, value);
  }

  int(value: number): void {
    inRange((value | 0) === value, value, 'int');
    this.#value(4, 4);
    this.#view.setInt32(this.#at - 4, value);
  }

  /** A whole number up to ±(2^53 - 1); for `bigint` and, in epoch milliseconds, `timestamp`. */
  bigint(value: number): void {
    inRange(Number.isSafeInteger(value), value, 'bigint');
    this.#value(8, 8);
    this.#view.setInt32(this.#at - 8, Math.floor(value / twoTo32));
    this.#view.setUint32(this.#at - 4, value >>> 0);
  }

  /** A `date` by the number of days since 1970-01-01. */
  date(day: number): void {
    inRange((day | 0) === day, day, 'date');
    this.#value(4, 4);
    this.#view.setUint32(this.#at - 4, day + 0x80000000);
  }

  uuid(words: Uint32Array, at = 0): void {
    this.#value(16, 16);
    const to = this.#at - 16;
    this.#view.setUint32(to, words[at]);
    this.#view.setUint32(to + 4, words[at + 1]);
    this.#view.setUint32(to + 8, words[at + 2]);
    this.#view.setUint32(to + 12, words[at + 3]);
  }

  text(value: string): void {
    this.blob(encoder.encode(value));
  }

  /** A text of few that come again and again, encoded once. */
  utf8(value: Uint8Array): void {
    this.blob(value);
  }

  blob(value: Uint8Array): void {
    this.#value(value.length, value.length);
    this.#bytes.set(value, this.#at - value.length);
  }

  /**
   * The whole request but for its header: `consistency` of the protocol, and the time of the write
   * in microseconds as two 32-bit halves.
   */
  finish(consistency: number, time: { high: number; low: number }): Buffer {
    this.#reserve(tailBytes);
    const withTime = 0x20;
    this.#bytes[9] = 1; // UNLOGGED
    this.#view.setUint16(10, this.rows);
    this.#view.setUint16(this.#at, consistency);
    this.#bytes[this.#at + 2] = withTime;
    this.#view.setInt32(this.#at + 3, time.high);
    this.#view.setInt32(this.#at + 7, time.low);
    return this.#bytes.subarray(0, this.#at + tailBytes);
  }

  /** Writes the length of a value and makes room for it; it ends where the next one begins. */
  #value(length: number, room: number): void {
    this.#reserve(4 + room);
    this.#view.setInt32(this.#at, length);
    this.#at += 4 + room;
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + length));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer, larger.byteOffset);
  }
}
