import { gunzipSync } from 'node:zlib';
import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C/index.js';
import { Fault } from '../../../streaming/index.js';
import { kafkaErrors } from '../errors.js';

/** A record as it was fetched; its texts and bytes are looked up when they are asked for. */
export interface FetchedMessage {
  readonly offset: number;
  /** Epoch ms. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Of a name that comes several times the last one; those without a value are left out. */
  readonly headers: Readonly<Record<string, string>>;
  /** Written in a transaction. */
  readonly isInTransaction: boolean;
}

/** What one producer wrote at once. */
export interface RecordBatch {
  /** Of the batch as it was written: records of it may have been compacted away since. */
  readonly lastOffset: number;
  readonly producerId: string;
  readonly isInTransaction: boolean;
  /** Its one record ends a transaction. */
  readonly isControl: boolean;
  readonly messages: readonly FetchedMessage[];
}

/** Where the fields of a batch lie (format 2, which Kafka has written since 0.11). */
const at = {
  length: 8,
  format: 16,
  checksum: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  count: 57,
  records: 61,
} as const;
/** Offset and length are not counted by the length. */
const lengthCountsFrom = 12;
const format = 2;

const attributes = { compression: 0x7, logAppendTime: 0x8, inTransaction: 0x10, control: 0x20 };
const gzip = 1;
const mostUnpackedBytes = 64 * 1024 * 1024;

const noHeaders = Object.freeze({});

const textAt = (bytes: Buffer, from: number, length: number): string =>
  bytes.toString('utf8', from, from + length);

/** Reads the numbers of a record, and passes over its blobs. */
class RecordCursor {
  at = 0;

  constructor(readonly bytes: Buffer) {}

  /** Seven bits a byte, the lowest first, the sign in the lowest of all; 0 behind the end. */
  varint(): number {
    const { bytes } = this;
    let byte = bytes[this.at++];
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 127;
    for (let factor = 128; byte >= 128; factor *= 128) {
      byte = bytes[this.at++];
      value += (byte & 127) * factor;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Length of a blob, which is passed over; -1 for none. */
  blob(): number {
    const length = this.varint();
    if (length > 0) this.at += length;
    return length;
  }
}

interface Base {
  readonly offset: number;
  readonly timestampMs: number;
  /** All records have the time of the broker. */
  readonly hasOneTime: boolean;
  readonly isInTransaction: boolean;
}

/**
 * The headers read last: those of a record are mostly those of the one before it, and to compare
 * bytes takes a tenth of the time.
 */
const last: { bytes: Uint8Array; headers: Readonly<Record<string, string>> } = {
  bytes: new Uint8Array(0),
  headers: noHeaders,
};

const areLast = (bytes: Buffer, from: number, end: number): boolean => {
  const { length } = last.bytes;
  if (end - from !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[from + i] !== last.bytes[i]) return false;
  return true;
};

/** A record in the bytes of its batch. */
class RecordView implements FetchedMessage {
  readonly offset: number;
  readonly timestampMs: number;
  readonly isInTransaction: boolean;
  readonly #bytes: Buffer;
  readonly #keyLength: number;
  readonly #keyEnd: number;
  readonly #valueLength: number;
  readonly #valueEnd: number;
  readonly #end: number;

  /** The record at the cursor, which is behind it afterwards. */
  constructor(cursor: RecordCursor, base: Base) {
    const length = cursor.varint();
    const end = cursor.at + length;
    cursor.at++; // attributes, none of which are in use
    const delta = cursor.varint();
    this.offset = base.offset + cursor.varint();
    this.timestampMs = base.hasOneTime ? base.timestampMs : base.timestampMs + delta;
    this.#bytes = cursor.bytes;
    this.#keyLength = cursor.blob();
    this.#keyEnd = cursor.at;
    this.#valueLength = cursor.blob();
    this.#valueEnd = cursor.at;
    const isWhole = length > 0 && cursor.at < end && end <= cursor.bytes.length;
    if (!isWhole) throw unreadable(base.offset, 'its records are not whole');
    this.#end = cursor.at = end;
    this.isInTransaction = base.isInTransaction;
  }

  get key(): Buffer | null {
    return this.#blob(this.#keyEnd, this.#keyLength);
  }

  get value(): Buffer | null {
    return this.#blob(this.#valueEnd, this.#valueLength);
  }

  get headers(): Readonly<Record<string, string>> {
    const bytes = this.#bytes;
    if (bytes[this.#valueEnd] === 0) return noHeaders;
    if (areLast(bytes, this.#valueEnd, this.#end)) return last.headers;
    last.headers = Object.freeze(this.#readHeaders());
    last.bytes = Uint8Array.prototype.slice.call(bytes, this.#valueEnd, this.#end);
    return last.headers;
  }

  #readHeaders(): Record<string, string> {
    const bytes = this.#bytes;
    const cursor = new RecordCursor(bytes);
    cursor.at = this.#valueEnd;
    const found: [string, string][] = [];
    for (let left = cursor.varint(); left > 0 && cursor.at < bytes.length; left--) {
      const nameLength = cursor.blob();
      const name = textAt(bytes, cursor.at - nameLength, nameLength);
      const length = cursor.blob();
      if (length >= 0) found.push([name, textAt(bytes, cursor.at - length, length)]);
    }
    return Object.fromEntries(found);
  }

  #blob(end: number, length: number): Buffer | null {
    return length < 0 ? null : this.#bytes.subarray(end - length, end);
  }
}

const unreadable = (offset: number, why: string): Fault => {
  const { reaction, meaning } = kafkaErrors.KAFKA_RECORDS_UNREADABLE;
  const facts = { offset };
  return new Fault('KAFKA_RECORDS_UNREADABLE', reaction, `${meaning} Offset ${offset}: ${why}.`, {
    facts,
  });
};

const numberAt = (bytes: Buffer, offset: number): number => Number(bytes.readBigInt64BE(offset));

const unpacked = (bytes: Buffer, compression: number, offset: number): Buffer => {
  if (compression === 0) return bytes;
  if (compression !== gzip) throw unreadable(offset, `compression ${compression} is not known`);
  try {
    return gunzipSync(bytes, { maxOutputLength: mostUnpackedBytes });
  } catch (cause) {
    throw unreadable(offset, (cause as Error).message);
  }
};

const readRecords = (bytes: Buffer, count: number, base: Base): RecordView[] => {
  const cursor = new RecordCursor(bytes);
  const records: RecordView[] = [];
  for (let left = count; left > 0; left--) records.push(new RecordView(cursor, base));
  return records;
};

const readBatch = (batch: Buffer): RecordBatch => {
  const offset = numberAt(batch, 0);
  const found = batch[at.format];
  if (found !== format) throw unreadable(offset, `it has format ${found}, not ${format}`);
  const isSame = crc32C(batch.subarray(at.attributes)) === batch.readUInt32BE(at.checksum);
  if (!isSame) throw unreadable(offset, 'its checksum is another');
  const flags = batch.readUInt16BE(at.attributes);
  const hasOneTime = (flags & attributes.logAppendTime) !== 0;
  const timestampMs = numberAt(batch, hasOneTime ? at.maxTimestamp : at.baseTimestamp);
  const isInTransaction = (flags & attributes.inTransaction) !== 0;
  const bytes = unpacked(batch.subarray(at.records), flags & attributes.compression, offset);
  const count = batch.readInt32BE(at.count);
  return {
    lastOffset: offset + batch.readInt32BE(at.lastOffsetDelta),
    producerId: String(batch.readBigInt64BE(at.producerId)),
    isInTransaction,
    isControl: (flags & attributes.control) !== 0,
    messages: readRecords(bytes, count, { offset, timestampMs, hasOneTime, isInTransaction }),
  };
};

/**
 * The batches of records that a broker answered a fetch of offset `asked` with (format 2 of the
 * protocol). It cuts its answer at a number of bytes, but never the first batch: a last one that is
 * not whole is left out. Each is held against its checksum, as kafkajs does not; what that does not
 * cover (offset and length) has to fit. Throws KAFKA_RECORDS_UNREADABLE (Retry).
 */
export const readRecordBatches = (bytes: Buffer, asked: number): RecordBatch[] => {
  const batches: RecordBatch[] = [];
  for (let from = 0; from + at.records <= bytes.length;) {
    const end = from + lengthCountsFrom + bytes.readInt32BE(from + at.length);
    if (end > bytes.length) break;
    if (end < from + at.records) throw unreadable(numberAt(bytes, from), 'it is too short');
    const offset = numberAt(bytes, from);
    const before = batches.at(-1)?.lastOffset ?? -1;
    if (offset <= before) throw unreadable(offset, `it stands behind offset ${before}`);
    batches.push(readBatch(bytes.subarray(from, end)));
    from = end;
  }
  if (bytes.length > 0 && batches.length === 0) {
    throw unreadable(asked, `${bytes.length} bytes are no whole batch`);
  }
  return batches;
};
