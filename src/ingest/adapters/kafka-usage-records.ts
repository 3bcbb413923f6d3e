import { headerBytes, RecordChunks } from '../../platform/kafka/index.js';
import { partitionOfNumber } from '../../streaming/index.js';
import { eventTypes, type UsageEvents } from '../domain/usage-events.js';
import { importHeaders, usageMessage } from './kafka-usage-codec.js';

const quote = 34;
const backslash = 92;
const space = 32;
const del = 127;
const dash = 45;
const zero = 48;
const semicolon = 59;
const hexDigits = Buffer.from('0123456789abcdef');
const beforeExternalId = Buffer.from('{"externalId":"');
const beforeRecordedAt = Buffer.from('","recordedAt":"');
const beforeMsisdn = Buffer.from('","msisdn":"');
const beforeRecordedBytes = Buffer.from('","recordedBytes":');
const beforeInternalId = Buffer.from(',"internalId":"');
const beforeFileId = Buffer.from('","fileId":');
const beforeLineNo = Buffer.from(',"lineNo":');
const end = Buffer.from('}');
/** Names, numbers and the UUID, each at its longest. */
const bytesBesideLine = 400;

/**
 * Writes the record of a line as JSON into a buffer of its own, used again and again: the bytes of
 * `recordJsonAt` without the texts it is put together from, most of which were garbage.
 */
class RecordBytesWriter {
  key = new Uint8Array(16);
  keyLength = 0;
  value = new Uint8Array(1024);
  valueLength = 0;
  timestampMs = 0;
  readonly headers = headerBytes(importHeaders);

  /** False when the record has no line at hand, or one to be cleaned or escaped. */
  write(events: UsageEvents, at: number): boolean {
    const line = events.raw(at);
    if (line === undefined || events.fileIds[at] === 0) return false;
    if (this.value.length < line.length + bytesBesideLine) {
      this.value = new Uint8Array(line.length * 2 + bytesBesideLine);
    }
    this.valueLength = 0;
    this.#bytes(beforeExternalId);
    const first = this.#field(line, 0);
    this.#bytes(beforeRecordedAt);
    const second = first < 0 ? -1 : this.#field(line, first + 1);
    if (second < 0) return false;
    this.#bytes(beforeMsisdn);
    const msisdnAt = this.valueLength;
    this.#number(events.keys[at]);
    this.#key(msisdnAt);
    this.#bytes(beforeRecordedBytes);
    this.#number(events.recordedBytes[at]);
    this.#bytes(beforeInternalId);
    this.#uuid(events.recordIds, at * 4);
    this.#bytes(beforeFileId);
    this.#number(events.fileIds[at]);
    this.#bytes(beforeLineNo);
    this.#number(events.lineNos[at]);
    this.#bytes(end);
    this.timestampMs = Math.max(0, events.timestampsMs[at]);
    return true;
  }

  #key(from: number): void {
    this.keyLength = this.valueLength - from;
    for (let i = 0; i < this.keyLength; i++) this.key[i] = this.value[from + i];
  }

  #bytes(bytes: Uint8Array): void {
    const to = this.valueLength;
    for (let i = 0; i < bytes.length; i++) this.value[to + i] = bytes[i];
    this.valueLength = to + bytes.length;
  }

  /** Up to the next semicolon, whose place is the answer; −1 where it is not plain text. */
  #field(line: Uint8Array, from: number): number {
    let to = this.valueLength;
    for (let at = from; at < line.length; at++) {
      const byte = line[at];
      if (byte === semicolon) {
        this.valueLength = to;
        return at;
      }
      const isPlain = byte > space && byte < del && byte !== quote && byte !== backslash;
      if (!isPlain) return -1;
      this.value[to++] = byte;
    }
    return -1;
  }

  #number(value: number): void {
    let digits = 1;
    for (let bound = 10; value >= bound; bound *= 10) digits++;
    let left = value;
    for (let at = this.valueLength + digits - 1; at >= this.valueLength; at--) {
      const tenth = Math.floor(left / 10);
      this.value[at] = zero + (left - tenth * 10);
      left = tenth;
    }
    this.valueLength += digits;
  }

  #uuid(words: Uint32Array, from: number): void {
    const { value } = this;
    let to = this.valueLength;
    for (let digit = 0; digit < 32; digit++) {
      if (digit === 8 || digit === 12 || digit === 16 || digit === 20) value[to++] = dash;
      value[to++] = hexDigits[(words[from + (digit >>> 3)] >>> (28 - (digit & 7) * 4)) & 15];
    }
    this.valueLength = to;
  }
}

/** The same messages as `usageMessages`, encoded for a transaction. */
export const usageRecords = (events: UsageEvents, partitions: number): RecordChunks[] => {
  const chunks = Array.from({ length: partitions }, () => new RecordChunks());
  const writer = new RecordBytesWriter();
  for (let at = 0; at < events.length; at++) {
    const msisdn = events.keys[at];
    if (msisdn === 0) {
      const message = usageMessage(events, at);
      for (const partition of chunks) partition.push(message);
      continue;
    }
    const partition = chunks[partitionOfNumber(msisdn, partitions)];
    const isLine = events.types[at] === eventTypes.dataRecord && writer.write(events, at);
    if (isLine) partition.pushBytes(writer);
    else partition.push(usageMessage(events, at));
  }
  return chunks;
};
