import { isUtf8 } from 'node:buffer';
import {
  cleanRecordId,
  cleanText,
  eventTypes,
  mostIdBytes,
  RecordIds,
  type RecordIdProblem,
  type UsageEvents,
} from '../../ingest/index.js';
import { readUuid } from '../../values/index.js';
import { parseZonedDateTime, zonedDateTimeProblem } from '../../values/zoned-date-time.js';
import type { ImportCode } from '../errors.js';

const semicolon = 59;
const zero = 48;
const space = 32;
const quote = 34;
const del = 127;
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

interface Range {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** A line among the bytes of its file, without its line break. */
interface Line extends Range {
  readonly lineNo: number;
}

/** A code of importErrors, or of the parser of times. */
export type LineProblem = string;

const idProblems = {
  empty: 'CDR_FIELD_EMPTY',
  character: 'CDR_ID_CHARACTER',
  'too-long': 'CDR_ID_TOO_LONG',
} as const satisfies Record<RecordIdProblem, ImportCode>;

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
  readonly #ids: RecordIds;
  readonly #latestMs: number;
  readonly #separators = { first: 0, second: 0, third: 0 };
  readonly #text: { bytes: Uint8Array; start: number; end: number } = {
    bytes: new Uint8Array(0),
    start: 0,
    end: 0,
  };

  constructor(private readonly source: CdrSource) {
    this.#ids = new RecordIds(source.feed);
    this.#latestMs = source.stampMs + source.maxFutureSkewMs;
  }

  /**
   * Adds the record of the line [start, end) of `bytes` (without its line break) to the events,
   * or adds nothing and answers the code of what is wrong with it.
   */
  parse(line: Line, events: UsageEvents): LineProblem | undefined {
    const isParsed = this.#separate(line) && this.#parseFields(line, events);
    return isParsed ? undefined : (textProblem(line) ?? this.#parseCleaned(line, events));
  }

  /** A line whose fields may be in quotes or among blanks: what they are meant to be is read. */
  #parseCleaned(line: Line, events: UsageEvents): LineProblem | undefined {
    const fields = textOf(line).split(';').map(cleanText);
    const { id, problem } = cleanRecordId(fields[0]);
    if (problem !== undefined) return idProblems[problem];
    const bytes = Buffer.from([id, ...fields.slice(1)].join(';'));
    const cleaned = { bytes, start: 0, end: bytes.length, lineNo: line.lineNo };
    this.#separate(cleaned);
    return this.#parseFields(cleaned, events, true) ? undefined : this.#fieldProblem(cleaned);
  }

  /** Adds the record; false when a field is not what it has to be as it stands. */
  #parseFields(line: Line, events: UsageEvents, isIdClean = false): boolean {
    const { bytes, start, end } = line;
    const { first, second, third } = this.#separators;
    const recordedAtMs = parseZonedDateTime(bytes, first + 1, second);
    const msisdn = msisdnOf(bytes, second + 1, third);
    const recordedBytes = wholeNumber(bytes, third + 1, end);
    const isGood = first > start && recordedAtMs <= this.#latestMs && msisdn > 0;
    if (!isGood || Number.isNaN(recordedBytes)) return false;
    const at = events.reserve();
    const text = this.#text;
    text.bytes = bytes;
    text.start = start;
    text.end = first;
    if (!readUuid(text, events.recordIds, at * 4)) {
      if (!isIdClean && !isPlainId(text)) return false;
      this.#ids.write(text, events.recordIds, at * 4);
    }
    events.types[at] = eventTypes.dataRecord;
    events.keys[at] = msisdn;
    events.timestampsMs[at] = recordedAtMs;
    events.recordedBytes[at] = recordedBytes;
    events.fileIds[at] = this.source.fileId;
    events.lineNos[at] = line.lineNo;
    events.length = at + 1;
    return true;
  }

  /** Finds the three separators; false when there are others, or bytes that are not ASCII. */
  #separate({ bytes, start, end }: Line): boolean {
    let first = -1;
    let second = -1;
    let third = -1;
    let fields = 1;
    let union = 0;
    for (let i = start; i < end; i++) {
      const byte = bytes[i];
      union |= byte;
      if (byte === semicolon) {
        fields++;
        first = second;
        second = third;
        third = i;
      }
    }
    const separators = this.#separators;
    separators.first = first;
    separators.second = second;
    separators.third = third;
    return fields === 4 && union < 128;
  }

  /** The first field that is wrong, from the left. */
  #fieldProblem({ bytes, start, end }: Line): LineProblem {
    const { first, second, third } = this.#separators;
    const starts = [start, first + 1, second + 1, third + 1, end + 1];
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

const textOf = ({ bytes, start, end }: Range): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();

/** True when there is nothing to clean in it, and nothing to refuse. */
const isPlainId = ({ bytes, start, end }: Range): boolean => {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte <= space || byte === quote || byte >= del) return false;
  }
  return end - start <= mostIdBytes;
};

/** What is wrong with a line as a whole, before its fields; undefined when nothing is. */
const textProblem = ({ bytes, start, end }: Range): ImportCode | undefined => {
  if (start === end) return 'CDR_LINE_EMPTY';
  const line = bytes.subarray(start, end);
  if (line.includes(0)) return 'CDR_NUL_BYTE';
  if (!isUtf8(line)) return 'CDR_UTF8_INVALID';
  let fields = 1;
  for (let i = start; i < end; i++) if (bytes[i] === semicolon) fields++;
  if (fields < 4) return 'CDR_FIELDS_TOO_FEW';
  return fields > 4 ? 'CDR_FIELDS_TOO_MANY' : undefined;
};
