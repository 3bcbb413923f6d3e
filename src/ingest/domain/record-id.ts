import { hash } from 'node:crypto';
import { readUuid } from '../../values/index.js';

/** Most bytes of an external id, cleaned and in UTF-8. */
export const mostIdBytes = 1024;

/** Why a text names no record. */
export type RecordIdProblem = 'empty' | 'character' | 'too-long';

export type RecordIdReading =
  | { readonly id: string; readonly problem?: undefined }
  | { readonly id?: undefined; readonly problem: RecordIdProblem };

const space = 32;
const del = 127;
const quote = '"';

/** What surrounds a text and is no part of it: blanks, and what cannot be seen. */
const invisible = /[\p{White_Space}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

/**
 * What no id may have inside: it could not be told from another one by eye, or was cut in two (a
 * lone surrogate).
 */
const forbidden = /(?! )[\p{White_Space}\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}"]/u;

const isEdge = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit === space || ((unit < space || unit >= del) && invisible.test(text[at]));
};

/** Walked by hand: a pattern anchored at the end is quadratic in blanks inside of the text. */
const withoutEdges = (text: string): string => {
  let start = 0;
  let end = text.length;
  while (start < end && isEdge(text, start)) start++;
  while (end > start && isEdge(text, end - 1)) end--;
  return text.slice(start, end);
};

/**
 * A field of a record as it was meant (docs/RULES.md, Identity): without white space and invisible
 * characters around it, and without the one pair of quotes a spreadsheet puts around fields.
 */
export const cleanText = (text: string): string => {
  const bare = withoutEdges(text);
  const isQuoted = bare.length > 1 && bare.startsWith(quote) && bare.endsWith(quote);
  return isQuoted ? withoutEdges(bare.slice(1, -1)) : bare;
};

/**
 * An external id in the one form that counts, or what is wrong with it: cleaned, and composed
 * (NFC), so that one id is one record however it was typed, saved or sent.
 */
export const cleanRecordId = (text: string): RecordIdReading => {
  const id = cleanText(text).normalize('NFC');
  if (id === '') return { problem: 'empty' };
  if (forbidden.test(id)) return { problem: 'character' };
  return Buffer.byteLength(id) > mostIdBytes ? { problem: 'too-long' } : { id };
};

interface TextRange {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const uuidLength = 36;
const zeros = Buffer.from('00000000-0000-0000-0000-000000000000');
const urn = Buffer.from('urn:uuid:');
const open = 0x7b;
const close = 0x7d;

const startsWithUrn = ({ bytes, start }: TextRange): boolean =>
  urn.every((byte, at) => (bytes[start + at] | 0x20) === (byte | 0x20));

/** What may be a UUID within `{…}` or behind `urn:uuid:`; undefined for every other text. */
const withinUuidForm = (text: TextRange): TextRange | undefined => {
  const { bytes, start, end } = text;
  const length = end - start;
  if (length === uuidLength + 2 && bytes[start] === open && bytes[end - 1] === close) {
    return { bytes, start: start + 1, end: end - 1 };
  }
  const isUrn = length === uuidLength + urn.length && startsWithUrn(text);
  return isUrn ? { bytes, start: start + urn.length, end } : undefined;
};

const isZeros = ({ bytes, start, end }: TextRange): boolean =>
  zeros.equals(bytes.subarray(start, end));

/** Namespace of the record ids made here; fixed for ever, as ids are compared over years. */
const recordNamespace = Buffer.from('7c9f2a5e41b84f0d9e6d3b1c58a07e42', 'hex');
const separator = ';';

/**
 * `feed;`; of a feed with a semicolon in its name `;<bytes of the name>;feed;`, or feed `a;x` with
 * id `y` would be feed `a` with id `x;y`. No name is empty, so neither form is ever the other.
 */
const prefixOf = (feed: string): string =>
  feed.includes(separator) ? `;${Buffer.byteLength(feed)};${feed};` : `${feed};`;

/** Makes the record ids of one feed. */
export class RecordIds {
  readonly #prefix: Buffer;

  constructor(feed: string) {
    this.#prefix = Buffer.concat([recordNamespace, Buffer.from(prefixOf(feed))]);
  }

  /**
   * The record id of a clean external id (UTF-8) as four words from `at` on: the external id itself
   * when that is a UUID, in any case, in braces or as a URN, else the UUID v5 (RFC 9562) of feed
   * and external id. The UUID of zeros is a name like others: zeros stand for "none" in the rows.
   */
  write(externalId: TextRange, words: Uint32Array, at: number): void {
    if (readUuid(externalId, words, at)) return;
    const within = withinUuidForm(externalId);
    if (within !== undefined && readUuid(within, words, at)) return;
    const { bytes, start, end } = within !== undefined && isZeros(within) ? within : externalId;
    const name = Buffer.concat([this.#prefix, bytes.subarray(start, end)]);
    const digest = hash('sha1', name, 'buffer') as Buffer;
    words[at] = digest.readUInt32BE(0);
    words[at + 1] = ((digest.readUInt32BE(4) & 0xffff0fff) | 0x5000) >>> 0;
    words[at + 2] = ((digest.readUInt32BE(8) & 0x3fffffff) | 0x80000000) >>> 0;
    words[at + 3] = digest.readUInt32BE(12);
  }

  /** The same of a text. */
  of(externalId: string): Uint32Array {
    const words = new Uint32Array(4);
    const bytes = Buffer.from(externalId);
    this.write({ bytes, start: 0, end: bytes.length }, words, 0);
    return words;
  }
}

/** The words of a UUID in any form that names a record, cleaned; undefined when it is none. */
export const uuidOfText = (text: string): Uint32Array | undefined => {
  const words = new Uint32Array(4);
  const bytes = Buffer.from(cleanText(text));
  const whole = { bytes, start: 0, end: bytes.length };
  return readUuid(withinUuidForm(whole) ?? whole, words, 0) ? words : undefined;
};
