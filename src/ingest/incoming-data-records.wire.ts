import { readUuid, uuidText } from '../values/index.js';
import { parseZonedDateTime } from '../values/zoned-date-time.js';
import { cleanRecordId, cleanText } from './domain/record-id.js';
import type { UsageEvents, UsageRecord } from './domain/usage-events.js';

/** The fields of a record as it stands on the topic, in the order the program writes them. */
const fields = ['externalId', 'recordedAt', 'msisdn', 'recordedBytes', 'internalId'] as const;

const mustBeEscaped = /["\\\u0000-\u001f]/;

/** The text of a JSON string; plain text, as nearly all is, is not looked at twice. */
const quoted = (text: string): string =>
  mustBeEscaped.test(text) ? JSON.stringify(text) : `"${text}"`;

/**
 * The JSON of a record (docs/WIRE-CONTRACT.md), with the file and line it stands in. Id and
 * time are those of the line when it is at hand, so that nothing of it is lost on the way.
 */
export const recordJsonAt = (events: UsageEvents, at: number): string => {
  const internalId = uuidText(events.recordIds, at * 4);
  const line = lineTexts(events.raw(at));
  const externalId = line?.externalId ?? internalId;
  const recordedAt = line?.recordedAt ?? new Date(events.timestampsMs[at]).toISOString();
  const fileId = events.fileIds[at];
  const place = fileId === 0 ? '' : `,"fileId":${fileId},"lineNo":${events.lineNos[at]}`;
  return (
    `{"externalId":${quoted(externalId)},"recordedAt":${quoted(recordedAt)},` +
    `"msisdn":"${events.keys[at]}","recordedBytes":${events.recordedBytes[at]},` +
    `"internalId":"${internalId}"${place}}`
  );
};

/** As the import read them. */
const lineTexts = (
  raw: Uint8Array | undefined,
): { externalId: string | undefined; recordedAt: string } | undefined => {
  if (raw === undefined) return undefined;
  const line = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString();
  const first = line.indexOf(';');
  const second = line.indexOf(';', first + 1);
  const { id: externalId } = cleanRecordId(line.slice(0, first));
  return { externalId, recordedAt: cleanText(line.slice(first + 1, second)) };
};

/** The CDR line a record of a file was read from, rebuilt from its JSON. */
export const lineOfRecordJson = (value: Uint8Array): Uint8Array => {
  const json = JSON.parse(Buffer.from(value).toString()) as Record<string, unknown>;
  return Buffer.from(
    fields
      .slice(0, 4)
      .map((field) => String(json[field]))
      .join(';'),
  );
};

const quote = 34;
const backslash = 92;
const zero = 48;
const literal = (text: string): Uint8Array => new TextEncoder().encode(text);
const beforeExternalId = literal('{"externalId":"');
const beforeRecordedAt = literal('","recordedAt":"');
const beforeMsisdn = literal('","msisdn":"');
const beforeRecordedBytes = literal('","recordedBytes":');
const beforeInternalId = literal(',"internalId":"');
const beforeFileId = literal('","fileId":');
const beforeLineNo = literal(',"lineNo":');
const end = literal('}');

/**
 * Reads the JSON of records of files as this program writes it, byte by byte: 0.4 µs a record
 * where JSON.parse and its checks take 2. Whatever is written in another way it leaves alone.
 */
export class FileRecordReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  readonly #words = new Uint32Array(4);
  readonly #text: { bytes: Uint8Array; start: number; end: number } = {
    bytes: this.#bytes,
    start: 0,
    end: 0,
  };

  /** The record of a file, or undefined when this is not its usual form. */
  read(value: Uint8Array): UsageRecord | undefined {
    this.#bytes = value;
    this.#at = 0;
    const recordedAtMs = this.#recordedAt();
    if (Number.isNaN(recordedAtMs) || !this.#passes(beforeMsisdn)) return undefined;
    const msisdn = this.#number();
    if (!this.#passes(beforeRecordedBytes)) return undefined;
    const recordedBytes = this.#number();
    if (!this.#passes(beforeInternalId) || !this.#passesUuid()) return undefined;
    const place = this.#place();
    if (place === undefined || !isGood(msisdn, recordedBytes)) return undefined;
    return { msisdn, recordedAtMs, recordId: this.#words, recordedBytes, ...place };
  }

  #recordedAt(): number {
    if (!this.#passes(beforeExternalId) || !this.#passesText()) return NaN;
    if (!this.#passes(beforeRecordedAt)) return NaN;
    const from = this.#at;
    return this.#passesText() ? parseZonedDateTime(this.#bytes, from, this.#at) : NaN;
  }

  #place(): { fileId: number; lineNo: number } | undefined {
    if (!this.#passes(beforeFileId)) return undefined;
    const fileId = this.#number();
    if (!this.#passes(beforeLineNo)) return undefined;
    const lineNo = this.#number();
    const isAll = this.#passes(end) && this.#at === this.#bytes.length;
    return isAll && isPlace(fileId) && isPlace(lineNo) ? { fileId, lineNo } : undefined;
  }

  #passes(expected: Uint8Array): boolean {
    const bytes = this.#bytes;
    const from = this.#at;
    for (let i = 0; i < expected.length; i++) if (bytes[from + i] !== expected[i]) return false;
    this.#at = from + expected.length;
    return true;
  }

  /** To the quote behind a text without escapes; false when there is none. */
  #passesText(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    while (at < bytes.length && bytes[at] !== quote && bytes[at] !== backslash) at++;
    this.#at = at;
    return bytes[at] === quote;
  }

  #passesUuid(): boolean {
    const text = this.#text;
    text.bytes = this.#bytes;
    text.start = this.#at;
    text.end = this.#at + 36;
    this.#at = text.end;
    return readUuid(text, this.#words, 0);
  }

  /** A whole number of 1 to 16 digits without a leading zero but 0 itself, else NaN. */
  #number(): number {
    const bytes = this.#bytes;
    const from = this.#at;
    let value = 0;
    let digit = bytes[this.#at] - zero;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digit = bytes[++this.#at] - zero;
    }
    const length = this.#at - from;
    const isPlain = length === 1 || (length > 1 && bytes[from] !== zero);
    return isPlain && value <= Number.MAX_SAFE_INTEGER ? value : NaN;
  }
}

const maxMsisdn = 999_999_999_999_999;

const isGood = (msisdn: number, recordedBytes: number): boolean =>
  msisdn >= 1 && msisdn <= maxMsisdn && !Number.isNaN(recordedBytes);

const isPlace = (value: number): boolean => value >= 1 && value <= 0x7fffffff;
