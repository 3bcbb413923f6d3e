import { isUtf8 } from 'node:buffer';
import { httpErrors } from './errors.js';
import { refusal } from './refusal.js';

/** One value of a request body with the line it stood in, or why that line cannot be read. */
export type BodyLine =
  | { readonly line: number; readonly value: unknown; readonly fault?: undefined }
  | { readonly line: number; readonly fault: LineFault };

interface LineFault {
  readonly code: 'BODY_NOT_JSON' | 'BODY_LINE_TOO_LONG';
  readonly message: string;
}

/** Longer than any agreement and any record can be, however it is written. */
export const maxLineBytes = 16 * 1024;

/** More in one request are not taken: its answer would be too long in coming. */
export const maxLines = 1_000_000;

const lineFeed = 10;

const tooLong: LineFault = {
  code: 'BODY_LINE_TOO_LONG',
  message: `the line is over ${maxLineBytes} bytes`,
};

const notJson = (message: string): LineFault => ({ code: 'BODY_NOT_JSON', message });

/** A JSON text with its line; undefined for an empty line. */
const parsedLine = (bytes: Buffer, line: number): BodyLine | undefined => {
  if (bytes.length > maxLineBytes) return { line, fault: tooLong };
  const raw = bytes.toString();
  const text = (line === 1 ? raw.replace(/^\uFEFF/, '') : raw).trim();
  if (text === '') return undefined;
  // bytes that are not UTF-8 become U+FFFD, which may also have been sent as such
  if (text.includes('\uFFFD') && !isUtf8(bytes)) {
    return { line, fault: notJson('the line is not UTF-8') };
  }
  try {
    return { line, value: JSON.parse(text) as unknown };
  } catch {
    return { line, fault: notJson('the line is not JSON') };
  }
};

const tooMany = () =>
  refusal(httpErrors, 'BODY_LINES_TOO_MANY', {
    status: 413,
    message: `there are more than ${maxLines} lines`,
  });

/**
 * The lines of NDJSON, those of one chunk of bytes at a time and each parsed when it is asked for;
 * empty ones are skipped but counted. Of a line that is too long no more is kept than tells so.
 * Throws BODY_LINES_TOO_MANY (413), and what reading the bytes throws; the line in hand was then
 * not read to its end and is none.
 */
export async function* ndjsonLines(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Generator<BodyLine>> {
  let carry: Buffer = Buffer.alloc(0);
  let line = 0;
  const linesOf = function* (bytes: Buffer): Generator<BodyLine> {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(lineFeed, start);
      if (end < 0) break;
      if (++line > maxLines) throw tooMany();
      const read = parsedLine(bytes.subarray(start, end), line);
      start = end + 1;
      if (read !== undefined) yield read;
    }
    // a copy: the rest of a chunk would stay in memory with it
    carry = Buffer.from(bytes.subarray(start, start + maxLineBytes + 1));
  };
  for await (const chunk of chunks) yield linesOf(joined(carry, chunk));
  if (carry.length > 0) yield linesOf(joined(carry, Buffer.of(lineFeed)));
}

const joined = (carry: Buffer, chunk: Buffer): Buffer =>
  carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);

/** NDJSON bodies arrive as this, unread; JSON bodies as the parsed value. */
export class NdjsonBody {
  constructor(readonly bytes: AsyncIterable<Buffer>) {}
}

const empty = () =>
  refusal(httpErrors, 'REQUEST_INVALID', { status: 400, message: 'the body is empty' });

function* numbered(values: readonly unknown[]): Generator<BodyLine> {
  for (const [index, value] of values.entries()) yield { line: index + 1, value };
}

/**
 * The values of a body in runs: many lines of NDJSON, one JSON object, or a JSON array of objects.
 * Refuses an empty body (400).
 */
export async function* bodyLines(body: unknown): AsyncGenerator<Generator<BodyLine>> {
  const values = Array.isArray(body) ? (body as unknown[]) : [body];
  if (body instanceof NdjsonBody) yield* ndjsonLines(body.bytes);
  else if (body === undefined || body === null || values.length === 0) throw empty();
  else yield numbered(values);
}
