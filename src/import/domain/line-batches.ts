import { UsageEvents } from '../../ingest/index.js';
import { CdrLineParser, isNote, type CdrSource } from './cdr-line.js';

/** Lines of a batch; cuts are at multiples of it, so a resumed import cuts at the same lines. */
export const linesPerBatch = 8192;

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
  /** Where reading stands behind the batch. */
  readonly mark: ReadingMark;
}

const lineFeed = 10;
const carriageReturn = 13;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

type Line = { readonly bytes: Buffer; readonly start: number; readonly end: number };

/** Cuts the bytes of a file into batches of parsed lines. Feed it chunks of any size. */
export class LineBatches {
  readonly #parser: CdrLineParser;
  readonly #mark: { -readonly [field in keyof ReadingMark]: number };
  #events = new UsageEvents(linesPerBatch);
  #texts: Line[] = [];
  #refused: RefusedCdrLine[] = [];
  #carry: Buffer = Buffer.alloc(0);
  /** Bytes of the line in hand that were thrown away because it is too long. */
  #skippedBytes = 0;

  constructor(
    source: CdrSource,
    private readonly maxLineBytes: number,
    mark: ReadingMark = startOfFile,
  ) {
    this.#parser = new CdrLineParser(source);
    this.#mark = { ...mark };
  }

  /** The batches that are full with this chunk. The chunk must not change afterwards. */
  *push(chunk: Buffer): Generator<LineBatch> {
    const bytes = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(lineFeed, start);
      if (end < 0) break;
      this.#line({ bytes, start, end }, end + 1 - start);
      start = end + 1;
      if (this.#mark.lineNo % linesPerBatch === 0) yield this.#take();
    }
    this.#carry = bytes.subarray(start);
    if (this.#carry.length > this.maxLineBytes) {
      this.#skippedBytes += this.#carry.length - this.maxLineBytes - 1;
      this.#carry = Buffer.from(this.#carry.subarray(0, this.maxLineBytes + 1));
    }
  }

  /**
   * The last batch; it may be empty. A last line without a line break is read too, unless the file
   * was cut off there.
   */
  end(isWhole: boolean): LineBatch {
    const bytes = this.#carry;
    this.#carry = Buffer.alloc(0);
    if (isWhole && bytes.length > 0)
      this.#line({ bytes, start: 0, end: bytes.length }, bytes.length);
    return this.#take();
  }

  #line(line: Line, readBytes: number): void {
    const lineNo = this.#mark.lineNo + 1;
    const tooLong = line.end - line.start > this.maxLineBytes || this.#skippedBytes > 0;
    const trimmed = trim(line, lineNo);
    const note = !tooLong && isNote(trimmed.bytes, trimmed.start, trimmed.end);
    this.#mark.byteOffset += readBytes + this.#skippedBytes;
    this.#mark.lineNo = lineNo;
    if (!note) this.#mark.lines++;
    this.#skippedBytes = 0;
    if (note) return;
    const code = tooLong
      ? 'CDR_LINE_TOO_LONG'
      : this.#parser.parse({ ...trimmed, lineNo }, this.#events);
    if (code === undefined) return this.#seen(trimmed);
    const kept = Math.min(line.end, line.start + this.maxLineBytes);
    const raw = Uint8Array.prototype.slice.call(line.bytes, line.start, kept);
    this.#refused.push({ lineNo, code, raw });
  }

  #seen(line: Line): void {
    this.#texts.push(line);
    const recordedAtMs = this.#events.timestampsMs[this.#events.length - 1];
    const mark = this.#mark;
    if (recordedAtMs < mark.firstRecordedAtMs) mark.firstRecordedAtMs = recordedAtMs;
    if (recordedAtMs > mark.lastRecordedAtMs) mark.lastRecordedAtMs = recordedAtMs;
  }

  #take(): LineBatch {
    const texts = this.#texts;
    const events = this.#events;
    events.raw = (at) => texts[at]?.bytes.subarray(texts[at].start, texts[at].end);
    const batch = { events, refused: this.#refused, mark: { ...this.#mark } };
    this.#events = new UsageEvents(linesPerBatch);
    this.#texts = [];
    this.#refused = [];
    return batch;
  }
}

/** Without a byte order mark at the start of the file and a carriage return at the end. */
const trim = ({ bytes, start, end }: Line, lineNo: number): Line => {
  const marked =
    lineNo === 1 && bytes.subarray(start, Math.min(end, start + 3)).equals(byteOrderMark);
  const from = marked ? start + 3 : start;
  return {
    bytes,
    start: from,
    end: end > from && bytes[end - 1] === carriageReturn ? end - 1 : end,
  };
};
