import { eventTypes, UsageEvents } from '../../ingest/index.js';
import { isHarmless, lastOfHarmless, takenBack } from './spreadsheet-cells.js';
import { CdrLineParser, isNote, type CdrSource } from './cdr-line.js';

/** Lines of a batch; cuts are at multiples of it, so a resumed import cuts at the same lines. */
export const linesPerBatch = 8192;
/** A batch of long lines ends earlier: so many bytes of lines it may hold in memory. */
const bytesPerBatch = 4 * 1024 * 1024;
/** Such as `a;2020-01-01T00:00Z;1;1`; a small file needs no room for a whole batch. */
const shortestRecordBytes = 20;
/**
 * Bytes that are kept of a refused line. Measured: with 64 KiB a file of nothing but long lines
 * takes more memory than the store may use, and its checkpoint fails.
 */
export const refusedRawBytes = 4000;

/** Where reading stands, and what it has seen. */
export interface ReadingMark {
  readonly byteOffset: number;
  readonly lineNo: number;
  readonly lines: number;
  /** Epoch ms; first > last while there was no record. */
  readonly firstRecordedAtMs: number;
  readonly lastRecordedAtMs: number;
}

export const startOfFile: ReadingMark = {
  byteOffset: 0,
  lineNo: 0,
  lines: 0,
  firstRecordedAtMs: Number.MAX_SAFE_INTEGER,
  lastRecordedAtMs: Number.MIN_SAFE_INTEGER,
};

/** A line that was refused, with its bytes (the first ones of a line that is too long). */
export interface RefusedCdrLine {
  readonly lineNo: number;
  readonly code: string;
  readonly raw: Uint8Array;
}

export interface LineBatch {
  readonly events: UsageEvents;
  readonly refused: readonly RefusedCdrLine[];
  /** Bytes of its lines, those of refused ones as far as they are kept. */
  readonly bytes: number;
  /** Where reading stands behind the batch. */
  readonly mark: ReadingMark;
}

const lineFeed = 10;
const carriageReturn = 13;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** The line in hand; one object for all lines of a file, as there are many. */
interface Line {
  bytes: Buffer;
  start: number;
  end: number;
  lineNo: number;
}

/** Where the text of each event of a batch stands, for the lines that are refused later. */
class LineTexts {
  readonly #chunks: Buffer[] = [];
  readonly #chunkOf: Uint16Array;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;

  constructor(capacity: number) {
    this.#chunkOf = new Uint16Array(capacity);
    this.#starts = new Int32Array(capacity);
    this.#ends = new Int32Array(capacity);
  }

  /** `at` rises from call to call: lines of one chunk come one after the other. */
  add(at: number, { bytes, start, end }: Line): void {
    if (this.#chunks.at(-1) !== bytes) this.#chunks.push(bytes);
    this.#chunkOf[at] = this.#chunks.length - 1;
    this.#starts[at] = start;
    this.#ends[at] = end;
  }

  of(at: number): Uint8Array | undefined {
    return this.#chunks[this.#chunkOf[at]]?.subarray(this.#starts[at], this.#ends[at]);
  }
}

/** Cuts the bytes of a file into batches of parsed lines. Feed it chunks of any size. */
export class LineBatches {
  readonly #parser: CdrLineParser;
  readonly #mark: { -readonly [field in keyof ReadingMark]: number };
  readonly #capacity: number;
  #events: UsageEvents;
  #texts: LineTexts;
  #refused: RefusedCdrLine[] = [];
  #carry: Buffer = Buffer.alloc(0);
  readonly #line: Line = { bytes: this.#carry, start: 0, end: 0, lineNo: 0 };
  /** Bytes of the line in hand that were thrown away because it is too long. */
  #skippedBytes = 0;
  #bytes = 0;

  constructor(
    source: CdrSource,
    private readonly bounds: { readonly maxLineBytes: number; readonly fileBytes?: number },
    mark: ReadingMark = startOfFile,
  ) {
    const mostRecords = Math.floor((bounds.fileBytes ?? Infinity) / shortestRecordBytes) + 1;
    this.#capacity = Math.min(linesPerBatch, mostRecords);
    this.#parser = new CdrLineParser(source);
    this.#mark = { ...mark };
    this.#events = new UsageEvents(this.#capacity);
    this.#texts = new LineTexts(this.#capacity);
  }

  /** The batches that are full with this chunk. The chunk must not change afterwards. */
  *push(chunk: Buffer): Generator<LineBatch> {
    const bytes = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(lineFeed, start);
      if (end < 0) break;
      this.#take(bytes, start, end);
      this.#mark.byteOffset++; // the line break
      start = end + 1;
      const isFull = this.#mark.lineNo % linesPerBatch === 0;
      if (isFull || this.#bytes >= bytesPerBatch) yield this.#batch();
    }
    this.#carry = bytes.subarray(start);
    if (this.#carry.length > this.bounds.maxLineBytes) {
      this.#skippedBytes += this.#carry.length - this.bounds.maxLineBytes - 1;
      this.#carry = Buffer.from(this.#carry.subarray(0, this.bounds.maxLineBytes + 1));
    }
  }

  /**
   * The last batch; it may be empty. A last line without a line break is read too, unless the file
   * is known to be cut off there; its record is an unterminated one. A carriage return ends a line
   * as well: only the line feed behind it was lost.
   */
  end(isWhole: boolean): LineBatch {
    const bytes = this.#carry;
    this.#carry = Buffer.alloc(0);
    if (isWhole && bytes.length > 0) {
      const { length } = this.#events;
      this.#take(bytes, 0, bytes.length);
      const isTerminated = bytes[bytes.length - 1] === carriageReturn;
      if (this.#events.length > length && !isTerminated) {
        this.#events.types[length] = eventTypes.unterminatedRecord;
      }
    }
    return this.#batch();
  }

  #take(bytes: Buffer, start: number, end: number): void {
    const line = this.#line;
    const mark = this.#mark;
    const tooLong = end - start > this.bounds.maxLineBytes || this.#skippedBytes > 0;
    mark.byteOffset += end - start + this.#skippedBytes;
    mark.lineNo++;
    this.#skippedBytes = 0;
    line.bytes = bytes;
    line.start = start;
    line.end = end;
    line.lineNo = mark.lineNo;
    trim(line);
    if (bytes[line.end - 1] === lastOfHarmless) start = takeBack(line, start);
    if (!tooLong && isNote(line.bytes, line.start, line.end)) return;
    mark.lines++;
    const code = tooLong ? 'CDR_LINE_TOO_LONG' : this.#parser.parse(line, this.#events);
    if (code === undefined) return this.#seen();
    this.#refuse(code, start);
  }

  /** `from` is where the line began, a byte order mark included. */
  #refuse(code: string, from: number): void {
    const { bytes, start, end, lineNo } = this.#line;
    const kept = Math.min(end, from + this.bounds.maxLineBytes, start + refusedRawBytes);
    const raw = Uint8Array.prototype.slice.call(bytes, start, kept);
    this.#refused.push({ lineNo, code, raw });
    this.#bytes += raw.length;
  }

  #seen(): void {
    this.#bytes += this.#line.end - this.#line.start;
    const events = this.#events;
    const at = events.length - 1;
    this.#texts.add(at, this.#line);
    const recordedAtMs = events.timestampsMs[at];
    const mark = this.#mark;
    if (recordedAtMs < mark.firstRecordedAtMs) mark.firstRecordedAtMs = recordedAtMs;
    if (recordedAtMs > mark.lastRecordedAtMs) mark.lastRecordedAtMs = recordedAtMs;
  }

  #batch(): LineBatch {
    const texts = this.#texts;
    const events = this.#events;
    const parsed = events.length; // control events that are added have no text
    events.raw = (at) => (at < parsed ? texts.of(at) : undefined);
    const refused = this.#refused;
    const batch = { events, refused, bytes: this.#bytes, mark: { ...this.#mark } };
    this.#events = new UsageEvents(this.#capacity);
    this.#texts = new LineTexts(this.#capacity);
    this.#refused = [];
    this.#bytes = 0;
    return batch;
  }
}

/**
 * Without a byte order mark at its start (of the file, or of one that was joined to it) and a
 * carriage return at the end.
 */
const trim = (line: Line): void => {
  const { bytes, start, end } = line;
  if (end - start >= 3 && bytes[start] === byteOrderMark[0]) {
    if (bytes.subarray(start, start + 3).equals(byteOrderMark)) line.start += 3;
  }
  if (end > line.start && bytes[end - 1] === carriageReturn) line.end--;
};

/** A line of a list of rejects as it was in its file; answers where it begins now. */
const takeBack = (line: Line, start: number): number => {
  const shown = line.bytes.subarray(line.start, line.end);
  if (!isHarmless(shown)) return start;
  line.bytes = takenBack(shown);
  line.start = 0;
  line.end = line.bytes.length;
  return 0;
};
