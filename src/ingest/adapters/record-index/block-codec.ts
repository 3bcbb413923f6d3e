import type { UsageRecordRows } from '../../domain/tables.js';

/** Rows of a block: few enough to read for one record, many enough to pack well. */
export const blockRows = 128;

/** The most bytes a block can take. */
export const blockBytesMost = 16_384;

const TWO_32 = 4294967296;
const rawWidth = 8;

type Numbers = Float64Array | Int32Array | Uint8Array;

const widthOf = (range: number): number => {
  for (let width = 0; width <= 6; width++) if (range < 2 ** (8 * width)) return width;
  return rawWidth;
};

const numberColumns = (rows: UsageRecordRows): Numbers[] => [
  rows.msisdns,
  rows.recordedAtMs,
  rows.versions,
  rows.recordedBytes,
  rows.statuses,
  rows.fileIds,
  rows.lineNos,
];

/** Bytes that are written or read one behind the other. */
interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

/** A column as its least value and what each one is above it, in as few bytes as the widest. */
const putNumbers = (values: Numbers, count: number, out: Cursor): void => {
  let least = Infinity;
  let most = -Infinity;
  for (let row = 0; row < count; row++) {
    const value = values[row];
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const width = widthOf(most - least);
  const { bytes } = out;
  let at = bytes.writeDoubleLE(least, out.at);
  bytes[at++] = width;
  if (width === rawWidth) {
    for (let row = 0; row < count; row++) at = bytes.writeDoubleLE(values[row], at);
  } else if (width > 0) {
    for (let row = 0; row < count; row++) {
      const value = values[row] - least;
      const high = Math.floor(value / TWO_32);
      const low = (value - high * TWO_32) | 0;
      for (let byte = 0; byte < width; byte++) {
        bytes[at++] = byte < 4 ? low >> (8 * byte) : high >> (8 * (byte - 4));
      }
    }
  }
  out.at = at;
};

const takeNumbers = (values: Numbers, count: number, from: Cursor): void => {
  const { bytes } = from;
  const least = bytes.readDoubleLE(from.at);
  const width = bytes[from.at + 8];
  let at = from.at + 9;
  if (width === 0) {
    values.fill(least, 0, count);
  } else if (width === rawWidth) {
    for (let row = 0; row < count; row++, at += width) values[row] = bytes.readDoubleLE(at);
  } else if (width <= 3) {
    for (let row = 0; row < count; row++, at += width) {
      let value = bytes[at];
      if (width > 1) value |= bytes[at + 1] << 8;
      if (width > 2) value |= bytes[at + 2] << 16;
      values[row] = least + value;
    }
  } else {
    for (let row = 0; row < count; row++, at += width) {
      let value = 0;
      for (let byte = width - 1; byte >= 0; byte--) value = value * 256 + bytes[at + byte];
      values[row] = least + value;
    }
  }
  from.at = at;
};

/** Byte by byte: a word above 2^31 as an argument would be an object for each of them. */
const putId = (words: Uint32Array, from: number, out: Cursor): void => {
  const { bytes } = out;
  let { at } = out;
  for (let word = from; word < from + 4; word++) {
    const value = words[word] | 0;
    bytes[at] = value;
    bytes[at + 1] = value >> 8;
    bytes[at + 2] = value >> 16;
    bytes[at + 3] = value >> 24;
    at += 4;
  }
  out.at = at;
};

const takeId = (words: Uint32Array, to: number, from: Cursor): void => {
  const { bytes, at } = from;
  for (let word = 0; word < 4; word++) {
    const place = at + word * 4;
    words[to + word] =
      bytes[place] | (bytes[place + 1] << 8) | (bytes[place + 2] << 16) | (bytes[place + 3] << 24);
  }
  from.at = at + 16;
};

/** The bytes of the first ids, in the order of the machine, as snapshots have them. */
const bytesOfIds = ({ recordIds, length }: UsageRecordRows): Uint8Array =>
  new Uint8Array(recordIds.buffer, recordIds.byteOffset, length * 16);

const isSameId = (ids: Uint32Array, a: number, b: number): boolean =>
  ids[a] === ids[b] &&
  ids[a + 1] === ids[b + 1] &&
  ids[a + 2] === ids[b + 2] &&
  ids[a + 3] === ids[b + 3];

/** Agreement ids as runs: the rows of a subscriber lie together and mostly have the same one. */
const putAgreements = ({ agreementIds, length }: UsageRecordRows, out: Cursor): void => {
  for (let row = 0; row < length;) {
    let end = row + 1;
    while (end < length && isSameId(agreementIds, row * 4, end * 4)) end++;
    out.bytes[out.at++] = end - row;
    putId(agreementIds, row * 4, out);
    row = end;
  }
};

const takeAgreements = ({ agreementIds }: UsageRecordRows, count: number, from: Cursor): void => {
  for (let row = 0; row < count;) {
    const end = row + from.bytes[from.at++];
    takeId(agreementIds, row * 4, from);
    const last = end * 4;
    for (let word = row * 4 + 4; word < last; word++) agreementIds[word] = agreementIds[word - 4];
    row = end;
  }
};

/** Writes the rows, at most `blockRows`, to the front of `bytes`; answers how many bytes. */
export const encodeBlock = (rows: UsageRecordRows, bytes: Buffer): number => {
  const out = { bytes, at: bytes.writeUInt16LE(rows.length, 0) };
  for (const column of numberColumns(rows)) putNumbers(column, rows.length, out);
  bytes.set(bytesOfIds(rows), out.at);
  out.at += rows.length * 16;
  putAgreements(rows, out);
  return out.at;
};

/** The rows of a block in columns that have room for `blockRows`. */
export const decodeBlock = (bytes: Buffer, rows: UsageRecordRows): void => {
  const count = bytes.readUInt16LE(0);
  const from = { bytes, at: 2 };
  for (const column of numberColumns(rows)) takeNumbers(column, count, from);
  rows.length = count;
  const idsEnd = from.at + count * 16;
  bytesOfIds(rows).set(bytes.subarray(from.at, idsEnd));
  from.at = idsEnd;
  takeAgreements(rows, count, from);
};
