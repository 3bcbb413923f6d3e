import { isUtf8 } from 'node:buffer';
import { httpErrors } from './errors.js';
import { refusal } from './refusal.js';

/** One value of a request body with the line it stood in, or why that line is not JSON. */
export type BodyLine =
  | { readonly line: number; readonly value: unknown; readonly fault?: undefined }
  | { readonly line: number; readonly fault: string };

const parseLine = (text: string, line: number): BodyLine => {
  try {
    return { line, value: JSON.parse(text) as unknown };
  } catch {
    return { line, fault: 'the line is not JSON' };
  }
};

const replacement = '\uFFFD';

/** The lines of NDJSON; empty ones are skipped but counted. */
export const ndjsonLines = (body: Buffer): BodyLine[] => {
  const lines: BodyLine[] = [];
  // bytes that are not UTF-8 become U+FFFD, which may also have been sent as such
  const isDoubtful = !isUtf8(body);
  body
    .toString()
    .split('\n')
    .forEach((raw, index) => {
      const line = (index === 0 ? raw.replace(/^\uFEFF/, '') : raw).trim();
      if (line === '') return;
      const isBroken = isDoubtful && line.includes(replacement);
      const fault = 'the line is not UTF-8';
      lines.push(isBroken ? { line: index + 1, fault } : parseLine(line, index + 1));
    });
  return lines;
};

/** NDJSON bodies arrive as this, JSON bodies as the parsed value. */
export class NdjsonBody {
  constructor(readonly bytes: Buffer) {}
}

/**
 * The values of a body: many lines of NDJSON, one JSON object, or a JSON array of objects.
 * Refuses an empty body (400).
 */
export const bodyLines = (body: unknown): BodyLine[] => {
  if (body instanceof NdjsonBody) {
    const lines = ndjsonLines(body.bytes);
    if (lines.length > 0) return lines;
  } else if (Array.isArray(body)) {
    if (body.length > 0) return body.map((value: unknown, index) => ({ line: index + 1, value }));
  } else if (body !== undefined && body !== null) {
    return [{ line: 1, value: body }];
  }
  throw refusal(httpErrors, 'REQUEST_INVALID', { status: 400, message: 'the body is empty' });
};
