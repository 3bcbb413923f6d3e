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

/** The lines of NDJSON; empty ones are skipped but counted. */
export const ndjsonLines = (text: string): BodyLine[] => {
  const lines: BodyLine[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = (index === 0 ? raw.replace(/^\uFEFF/, '') : raw).trim();
    if (line !== '') lines.push(parseLine(line, index + 1));
  });
  return lines;
};

/** NDJSON bodies arrive as this, JSON bodies as the parsed value. */
export class NdjsonBody {
  constructor(readonly text: string) {}
}

/**
 * The values of a body: many lines of NDJSON, one JSON object, or a JSON array of objects.
 * Refuses an empty body (400).
 */
export const bodyLines = (body: unknown): BodyLine[] => {
  if (body instanceof NdjsonBody) {
    const lines = ndjsonLines(body.text);
    if (lines.length > 0) return lines;
  } else if (Array.isArray(body)) {
    if (body.length > 0) return body.map((value: unknown, index) => ({ line: index + 1, value }));
  } else if (body !== undefined && body !== null) {
    return [{ line: 1, value: body }];
  }
  throw refusal(httpErrors, 'REQUEST_INVALID', { status: 400, message: 'the body is empty' });
};
