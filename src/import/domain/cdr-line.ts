import { isUtf8 } from 'node:buffer';
import { eventTypes, type UsageEvents } from '../../ingest/index.js';
import { readUuid } from '../../streaming/index.js';
import { parseZonedDateTime, zonedDateTimeProblem } from '../../streaming/time/zoned-date-time.js';
import type { ImportCode } from '../errors.js';
import { RecordNames } from './record-id.js';

const semicolon = 59;
const zero = 48;
const maxMsisdnDigits = 15;

/** What a file says about all its lines. */
export interface CdrSource {
  readonly fileId: number;
  readonly feed: string;
  /** When the import of the file began (epoch ms): bound for records of the future. */
  readonly stampMs: number;
  /** How far behind that a record may be. */
  readonly maxFutureSkewMs: number;
}

/** A code of importErrors, or of the parser of times. */
export type LineProblem = string;

const noteMark = Buffer.from('# line ');

/**
 * True for the notes that a list of rejects carries before each line. A note has no `;`, so a
 * line that is skipped as a note could never have been a record.
 */
export const isNote = (bytes: Uint8Array, start: number, end: number): boolean => {
  if (end - start < noteMark.length) return false;
  for (let i = 0; i < noteMark.length; i++) if (bytes[start + i] !== noteMark[i]) return false;
  for (let i = start; i < end; i++) if (bytes[i] === semicolon) return false;
  return true;
};

const isLetter = (byte: number): boolean => {
  const lower = byte | 32;
  return lower >= 97 && lower <= 122;
};

/** Code of a recordedBytes field that is no whole number in range. */
const bytesProblem = (bytes: Uint8Array, start: number, end: number): ImportCode => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
  if (/[^\0-\x7f]/.test(text)) return 'CDR_BYTES_NOT_ASCII';
  if (/^\d+$/.test(text)) return 'CDR_BYTES_TOO_LARGE';
  if (/^[+-]?[\d.,]+e[+-]?\d+$/i.test(text)) return 'CDR_BYTES_EXPONENT';
  if (/^-[\d.,]+$/.test(text)) return 'CDR_BYTES_NEGATIVE';
  if (/^\+?\d*[.,]\d*$/.test(text)) return 'CDR_BYTES_FRACTIONAL';
  return 'CDR_BYTES_INVALID';
};

/** Whole number of at least one digit, or NaN; more than 2^53 − 1 is NaN too. */
const wholeNumber = (bytes: Uint8Array, start: number, end: number): number => {
  if (start === end) return NaN;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = bytes[i] - zero;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : NaN;
};

/** An MSISDN of 1 to 15 digits without a leading zero; NaN is every other text. */
const msisdnOf = (bytes: Uint8Array, start: number, end: number): number =>
  bytes[start] === zero || end - start > maxMsisdnDigits ? NaN : wholeNumber(bytes, start, end);

/** Reads lines `externalId;recordedAt;msisdn;recordedBytes` of one file. Never throws. */
export class CdrLineParser {
  readonly #names: RecordNames;
  readonly #latestMs: number;
  readonly #separators = { first: 0, second: 0, third: 0 };
  readonly #text: { bytes: Uint8Array; start: number; end: number } = {
    bytes: new Uint8Array(0),
    start: 0,
    end: 0,
  };

  constructor(private readonly source: CdrSource) {
    this.#names = new RecordNames(source.feed);
    this.#latestMs = source.stampMs + source.maxFutureSkewMs;
  }

  /**
   * Adds the record of the line [start, end) of `bytes` (without its line break) to the events,
   * or adds nothing and answers the code of what is wrong with it.
   */
  parse(
    line: { bytes: Uint8Array; start: number; end: number; lineNo: number },
    events: UsageEvents,
  ): LineProblem | undefined {
    const problem = this.#separate(line);
    if (problem !== undefined) return problem;
    const { bytes, start, end } = line;
    const { first, second, third } = this.#separators;
    const recordedAtMs = parseZonedDateTime(bytes, first + 1, second);
    const msisdn = msisdnOf(bytes, second + 1, third);
    const recordedBytes = wholeNumber(bytes, third + 1, end);
    const isGood = first > start && recordedAtMs <= this.#latestMs && msisdn > 0;
    if (!isGood || Number.isNaN(recordedBytes)) {
      return this.#fieldProblem(line, [start, first + 1, second + 1, third + 1, end + 1]);
    }
    this.#add(line, events, { first, recordedAtMs, msisdn, recordedBytes });
    return undefined;
  }

  /** Finds the three separators, or answers what is wrong with the line as a whole. */
  #separate(line: { bytes: Uint8Array; start: number; end: number }): ImportCode | undefined {
    const { bytes, start, end } = line;
    let first = -1;
    let second = -1;
    let third = -1;
    let fields = 1;
    let union = 0;
    let nul = false;
    for (let i = start; i < end; i++) {
      const byte = bytes[i];
      union |= byte;
      if (byte === semicolon) {
        fields++;
        first = second;
        second = third;
        third = i;
      } else if (byte === 0) nul = true;
    }
    const separators = this.#separators;
    separators.first = first;
    separators.second = second;
    separators.third = third;
    if (fields === 4 && union < 128 && !nul) return undefined;
    return textProblem(line, { fields, union, nul });
  }

  #add(
    line: { bytes: Uint8Array; start: number; lineNo: number },
    events: UsageEvents,
    record: { first: number; recordedAtMs: number; msisdn: number; recordedBytes: number },
  ): void {
    const at = events.reserve();
    const text = this.#text;
    text.bytes = line.bytes;
    text.start = line.start;
    text.end = record.first;
    if (!readUuid(text, events.recordIds, at * 4)) {
      const externalId = line.bytes.subarray(line.start, record.first);
      this.#names.write(externalId, events.recordIds, at * 4);
    }
    events.types[at] = eventTypes.dataRecord;
    events.keys[at] = record.msisdn;
    events.timestampsMs[at] = record.recordedAtMs;
    events.recordedBytes[at] = record.recordedBytes;
    events.fileIds[at] = this.source.fileId;
    events.lineNos[at] = line.lineNo;
    events.length = at + 1;
  }

  /** The first field that is wrong, from the left; `starts` has the end of the line as its last. */
  #fieldProblem(line: { bytes: Uint8Array }, starts: readonly number[]): LineProblem {
    const { bytes } = line;
    for (let i = 0; i < 4; i++) if (starts[i] === starts[i + 1] - 1) return 'CDR_FIELD_EMPTY';
    if (isLetter(bytes[starts[2]]) && isLetter(bytes[starts[3]])) return 'CDR_HEADER_LINE';
    const recordedAtMs = parseZonedDateTime(bytes, starts[1], starts[2] - 1);
    if (Number.isNaN(recordedAtMs)) {
      return zonedDateTimeProblem(bytes, starts[1], starts[2] - 1);
    }
    if (recordedAtMs > this.#latestMs) return 'CDR_TIME_IN_FUTURE';
    const msisdn = wholeNumber(bytes, starts[2], starts[3] - 1);
    if (Number.isNaN(msisdn) || starts[3] - 1 - starts[2] > maxMsisdnDigits) {
      return 'CDR_MSISDN_INVALID';
    }
    if (bytes[starts[2]] === zero) return 'CDR_MSISDN_LEADING_ZERO';
    return bytesProblem(bytes, starts[3], starts[4] - 1);
  }
}

/** What is wrong with a line as a whole, before its fields; undefined when nothing is. */
const textProblem = (
  { bytes, start, end }: { bytes: Uint8Array; start: number; end: number },
  seen: { fields: number; union: number; nul: boolean },
): ImportCode | undefined => {
  if (start === end) return 'CDR_LINE_EMPTY';
  if (seen.nul) return 'CDR_NUL_BYTE';
  if (seen.union > 127 && !isUtf8(bytes.subarray(start, end))) return 'CDR_UTF8_INVALID';
  if (seen.fields < 4) return 'CDR_FIELDS_TOO_FEW';
  if (seen.fields > 4) return 'CDR_FIELDS_TOO_MANY';
  return undefined;
};
