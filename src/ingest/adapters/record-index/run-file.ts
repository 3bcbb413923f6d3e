import { UsageRecordRows } from '../../domain/tables.js';
import { closeSync, fsyncSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { blockBytesMost, blockRows, decodeBlock, encodeBlock } from './block-codec.js';

/*
 * A run: rows in the order of `compareRows`, in blocks of 128; behind them one entry a block (first
 * MSISDN, first time, place, length, check sum), in pages of 64; then for each page its first key
 * and check sum, which are kept in memory while the run is open (24 bytes for 8,192 rows); last a
 * trailer of fixed size that says what the file is.
 */

export const runFormat = 1;

const entryBytes = 32;
const pageEntries = 64;
const fenceBytes = 24;
const trailerBytes = 512;
const writeBytes = 262_144;

/** What a run is; versions in [fromVersion, toVersion), times in [leastMs, mostMs]. */
export interface RunTrailer {
  readonly format: number;
  readonly storeId: string;
  readonly rows: number;
  readonly blocks: number;
  readonly fromVersion: number;
  readonly toVersion: number;
  readonly leastMs: number;
  readonly mostMs: number;
  readonly directoryAt: number;
  readonly fencesAt: number;
  readonly fencesCrc: number;
}

export type RunDescription = Pick<RunTrailer, 'storeId' | 'fromVersion' | 'toVersion'>;

/** A file that is not what was written; it is made again from the table. */
export class DamagedRun extends Error {
  override name = 'DamagedRun';
}

/** Bytes that grow at the end. */
class Bytes {
  #bytes = Buffer.alloc(4096);
  length = 0;

  take(count: number): { bytes: Buffer; at: number } {
    if (this.length + count > this.#bytes.length) {
      const larger = Buffer.alloc(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.length += count;
    return { bytes: this.#bytes, at: this.length - count };
  }

  get used(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }
}

/** Writes rows that come in order into a file that is there whole or not at all. */
export class RunWriter {
  readonly #fd: number;
  readonly #block = new UsageRecordRows(blockRows);
  readonly #out = Buffer.alloc(writeBytes + blockBytesMost);
  readonly #directory = new Bytes();
  #outLength = 0;
  #written = 0;
  #rows = 0;
  #blocks = 0;
  #leastMs = Infinity;
  #mostMs = -Infinity;

  constructor(
    private readonly path: string,
    private readonly description: RunDescription,
  ) {
    this.#fd = openSync(`${path}.tmp`, 'w');
  }

  add(rows: UsageRecordRows, at: number): void {
    this.#block.copyRow(rows, at);
    const time = rows.recordedAtMs[at];
    if (time < this.#leastMs) this.#leastMs = time;
    if (time > this.#mostMs) this.#mostMs = time;
    if (this.#block.length === blockRows) this.#endBlock();
  }

  /** Syncs the file and gives it its name. */
  finish(): void {
    if (this.#block.length > 0) this.#endBlock();
    this.#flush();
    const directoryAt = this.#written;
    this.#write(this.#directory.used);
    const fences = this.#fences();
    const fencesAt = this.#written;
    this.#write(fences);
    this.#write(
      trailerOf({
        ...{ format: runFormat, ...this.description, rows: this.#rows, blocks: this.#blocks },
        ...{ leastMs: this.#leastMs, mostMs: this.#mostMs },
        ...{ directoryAt, fencesAt, fencesCrc: crc32(fences) },
      }),
    );
    fsyncSync(this.#fd);
    closeSync(this.#fd);
    renameSync(`${this.path}.tmp`, this.path);
  }

  #endBlock(): void {
    const block = this.#block;
    const length = encodeBlock(block, this.#out.subarray(this.#outLength));
    const entry = this.#directory.take(entryBytes);
    entry.bytes.writeDoubleLE(block.msisdns[0], entry.at);
    entry.bytes.writeDoubleLE(block.recordedAtMs[0], entry.at + 8);
    entry.bytes.writeDoubleLE(this.#written + this.#outLength, entry.at + 16);
    entry.bytes.writeUInt32LE(length, entry.at + 24);
    const bytes = this.#out.subarray(this.#outLength, this.#outLength + length);
    entry.bytes.writeUInt32LE(crc32(bytes), entry.at + 28);
    this.#outLength += length;
    this.#rows += block.length;
    this.#blocks++;
    block.length = 0;
    if (this.#outLength >= writeBytes) this.#flush();
  }

  #fences(): Buffer {
    const directory = this.#directory.used;
    const fences = new Bytes();
    for (let at = 0; at < directory.length; at += pageEntries * entryBytes) {
      const page = directory.subarray(at, at + pageEntries * entryBytes);
      const fence = fences.take(fenceBytes);
      page.copy(fence.bytes, fence.at, 0, 16);
      fence.bytes.writeUInt32LE(crc32(page), fence.at + 16);
    }
    return fences.used;
  }

  #flush(): void {
    this.#write(this.#out.subarray(0, this.#outLength));
    this.#outLength = 0;
  }

  #write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
    this.#written += bytes.length;
  }
}

const trailerOf = (trailer: RunTrailer): Buffer => {
  const text = JSON.stringify(trailer);
  const bytes = Buffer.alloc(trailerBytes, ' ');
  bytes.write(text);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, trailerBytes - 4)), trailerBytes - 4);
  return bytes;
};

/** A key of a run: MSISDN, then time. */
export interface RunKey {
  readonly msisdn: number;
  readonly recordedAtMs: number;
}

/** An open run, read piece by piece; every piece is held against its check sum. */
export class RunFile {
  readonly #fd: number;
  readonly #page = Buffer.alloc(pageEntries * entryBytes);
  readonly #bytes = Buffer.alloc(blockBytesMost);
  #pageNo = -1;
  readonly trailer: RunTrailer;
  readonly #fences: Buffer;

  constructor(
    readonly path: string,
    size: number,
  ) {
    this.#fd = openSync(path, 'r');
    try {
      this.trailer = this.#readTrailer(size);
      const { fencesAt, fencesCrc } = this.trailer;
      this.#fences = Buffer.alloc(size - trailerBytes - fencesAt);
      this.#read(this.#fences, fencesAt, fencesCrc);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** The last block whose first key is below the key; 0 when there is none. */
  blockBelow(key: RunKey): number {
    const pages = this.#fences.length / fenceBytes;
    const page = lastBelow(key, pages, (at) => ({ bytes: this.#fences, at: at * fenceBytes }));
    this.#loadPage(page);
    const entries = Math.min(pageEntries, this.trailer.blocks - page * pageEntries);
    const entry = lastBelow(key, entries, (at) => ({ bytes: this.#page, at: at * entryBytes }));
    return page * pageEntries + entry;
  }

  /** Decodes a block into columns that have room for `blockRows`. */
  readBlock(block: number, rows: UsageRecordRows): void {
    this.#loadPage(Math.floor(block / pageEntries));
    const at = (block % pageEntries) * entryBytes;
    const length = this.#page.readUInt32LE(at + 24);
    const bytes = this.#bytes.subarray(0, length);
    this.#read(bytes, this.#page.readDoubleLE(at + 16), this.#page.readUInt32LE(at + 28));
    decodeBlock(bytes, rows);
  }

  #loadPage(page: number): void {
    if (page === this.#pageNo) return;
    this.#pageNo = -1;
    const entries = Math.min(pageEntries, this.trailer.blocks - page * pageEntries);
    const crc = this.#fences.readUInt32LE(page * fenceBytes + 16);
    const at = this.trailer.directoryAt + page * pageEntries * entryBytes;
    this.#read(this.#page.subarray(0, entries * entryBytes), at, crc);
    this.#pageNo = page;
  }

  #readTrailer(size: number): RunTrailer {
    const bytes = Buffer.alloc(trailerBytes);
    if (size < trailerBytes) throw new DamagedRun(`${this.path} is cut off`);
    const length = readSync(this.#fd, bytes, 0, trailerBytes, size - trailerBytes);
    const crc = crc32(bytes.subarray(0, trailerBytes - 4));
    if (length < trailerBytes || bytes.readUInt32LE(trailerBytes - 4) !== crc) {
      throw new DamagedRun(`${this.path} is damaged at its end`);
    }
    return JSON.parse(bytes.toString('utf8', 0, trailerBytes - 4)) as RunTrailer;
  }

  #read(bytes: Buffer, at: number, crc: number): void {
    const length = readSync(this.#fd, bytes, 0, bytes.length, at);
    if (length !== bytes.length || crc32(bytes) !== crc) {
      throw new DamagedRun(`${this.path} is damaged at byte ${at}`);
    }
  }
}

/** Of keys in order the last one below the key, or 0. */
const lastBelow = (
  key: RunKey,
  count: number,
  place: (index: number) => { readonly bytes: Buffer; readonly at: number },
): number => {
  let low = 0;
  let high = count;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const { bytes, at } = place(middle);
    const order =
      bytes.readDoubleLE(at) - key.msisdn || bytes.readDoubleLE(at + 8) - key.recordedAtMs;
    if (order < 0) low = middle;
    else high = middle;
  }
  return low;
};
