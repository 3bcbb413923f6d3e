import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { checksumFactor, duckdbChecksum, entryEnd, inspectWal, mendHeader } from './wal-entries.js';

/*
 * The checksum of DuckDB is the exclusive or of its words of 64 bits, each multiplied by an odd
 * factor. One flipped bit changes one product by the factor shifted to the bit, so the lowest bit
 * in which the stored checksum and that of what is there differ says which bit of its word it was;
 * a look at each word says which word it can be. The higher the bit, the less of the product it
 * changes: of a block of 32,767 words those below the 40th are told, of the highest hardly one.
 * Words that are alike, such as zeros, are not told from each other. Where more than one place
 * fits, nothing is changed. That one fits where more is wrong is one in 2^43.
 */

const SUM_BYTES = 8;
const MASK = (1n << 64n) - 1n;

const lowestBit = (of: bigint): number => {
  let bit = 0;
  while (((of >> BigInt(bit)) & 1n) === 0n) bit++;
  return bit;
};

/** Turns one bit; counted from the lowest of the first byte. */
const flip = (bytes: Buffer, bit: number): void => {
  bytes[bit >> 3] ^= 1 << (bit & 7);
};

/** The bits of whole words that may be the one, at most two of them. */
const flippedInWords = (data: Buffer, difference: bigint): number[] => {
  const bit = lowestBit(difference);
  const change = checksumFactor << BigInt(bit);
  const found: number[] = [];
  for (let at = 0; at + 8 <= data.length && found.length < 2; at += 8) {
    const word = data.readBigUInt64LE(at);
    const product = word * checksumFactor;
    const was = (word >> BigInt(bit)) & 1n ? product - change : product + change;
    if (((product ^ was) & MASK) === difference) found.push(at * 8 + bit);
  }
  return found;
};

/** The last bytes that are no whole word have a checksum of another kind: each bit is tried. */
const flippedInRest = (data: Buffer, sum: bigint): number[] => {
  const start = data.length & ~7;
  const tried = Buffer.from(data.subarray(start));
  const others = duckdbChecksum(data) ^ duckdbChecksum(tried);
  const found: number[] = [];
  for (let bit = 0; bit < tried.length * 8; bit++) {
    flip(tried, bit);
    if ((others ^ duckdbChecksum(tried)) === sum) found.push(start * 8 + bit);
    flip(tried, bit);
  }
  return found;
};

/**
 * Sets right the one bit by which data, or the checksum of 8 bytes in front of it, are not what was
 * written. False when they are, or when it cannot be told which bit it is.
 */
export const mendBit = (bytes: Buffer): boolean => {
  const data = bytes.subarray(SUM_BYTES);
  const sum = bytes.readBigUInt64LE(0);
  const difference = sum ^ duckdbChecksum(data);
  if (difference === 0n) return false;
  const isOneBit = (difference & (difference - 1n)) === 0n;
  const inSum = isOneBit ? [lowestBit(difference)] : [];
  const inData = [...flippedInWords(data, difference), ...flippedInRest(data, sum)];
  const places = [...inSum, ...inData.map((bit) => SUM_BYTES * 8 + bit)];
  if (places.length === 1) flip(bytes, places[0]);
  return places.length === 1;
};

const HEADER_BYTES = 4096;
const HEADERS = 3;
const BLOCK_BYTES = 262_144;
/** More of them are no flipped bits, but a disk that has lost its content. */
const mostMended = 64;

/** The pieces of a store file that have a checksum: three headers, then blocks of one size. */
function* piecesOf(fd: number): Generator<{ readonly at: number; readonly bytes: Buffer }> {
  for (let at = 0; ;) {
    const length = at < HEADERS * HEADER_BYTES ? HEADER_BYTES : BLOCK_BYTES;
    const bytes = Buffer.allocUnsafe(length);
    if (readSync(fd, bytes, 0, length, at) < length) return;
    yield { at, bytes };
    at += length;
  }
}

/** Sets right the flipped bits of a store file, at most one a block; answers how many. */
export const mendStoreFile = (path: string): number => {
  const fd = openSync(path, 'r+');
  let mended = 0;
  try {
    for (const { at, bytes } of piecesOf(fd)) {
      if (mended === mostMended || !mendBit(bytes)) continue;
      writeSync(fd, bytes, 0, bytes.length, at);
      mended++;
    }
    return mended;
  } finally {
    closeSync(fd);
  }
};

const LENGTH_BITS = 64;

/** Sets right one bit of the entry of a log that begins at `at`; its length may have it, too. */
const mendEntry = (wal: Buffer, at: number): boolean => {
  if (at + 2 * SUM_BYTES > wal.length) return false;
  const end = at + 2 * SUM_BYTES + Number(wal.readBigUInt64LE(at));
  if (end <= wal.length && mendBit(wal.subarray(at + SUM_BYTES, end))) return true;
  for (let bit = 0; bit < LENGTH_BITS; bit++) {
    flip(wal, at * 8 + bit);
    if (entryEnd(wal, at) !== undefined) return true;
    flip(wal, at * 8 + bit);
  }
  return false;
};

/** Sets right the flipped bits of a log in place, at most one an entry; answers how many. */
export const mendLog = (wal: Buffer): number => {
  for (let mended = mendHeader(wal); mended < mostMended; mended++) {
    const finding = inspectWal(wal);
    if (finding.kind !== 'damaged' || !mendEntry(wal, finding.badAt)) return mended;
  }
  return mostMended;
};
