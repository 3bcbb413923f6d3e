import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Fault } from '../../streaming/index.js';
import { httpErrors } from './errors.js';
import { refusal, type Refusal } from './refusal.js';

const tooLarge = (maxBytes: number): Refusal =>
  refusal(httpErrors, 'BODY_TOO_LARGE', {
    status: 413,
    message: `the body is over ${maxBytes} bytes`,
  });

/** What ended the bytes too early: the caller went away, or what was sent is no gzip. */
const brokenOff = (error: unknown): unknown => {
  if (error instanceof Fault) return error;
  const { code } = error as { code?: unknown };
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    const message = 'the request was cut off';
    return refusal(httpErrors, 'REQUEST_INVALID', { status: 400, message });
  }
  const isZlib = typeof code === 'string' && code.startsWith('Z_');
  return isZlib ? refusal(httpErrors, 'BODY_NOT_GZIP', { status: 400 }) : error;
};

/** The body as it was before its encoding; refuses (415) an encoding that is not read. */
const decoded = (request: IncomingMessage): Readable => {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity') return request;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw refusal(httpErrors, 'BODY_ENCODING_UNKNOWN', { status: 415 });
  }
  const gunzip = createGunzip();
  request.once('error', (error) => gunzip.destroy(error));
  return request.pipe(gunzip);
};

/**
 * The bytes of a request's body as they come, unpacked when they are gzip. The next ones are taken
 * when these were dealt with, so a caller who sends faster waits. Throws refusals: BODY_TOO_LARGE
 * (413) beyond `maxBytes` of unpacked bytes, BODY_ENCODING_UNKNOWN (415), BODY_NOT_GZIP, and
 * REQUEST_INVALID when the caller went away before the end.
 */
export async function* bodyBytes(
  request: IncomingMessage,
  maxBytes: number,
): AsyncGenerator<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const bytes = decoded(request);
  let sum = 0;
  try {
    for await (const chunk of bytes.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      sum += chunk.length;
      if (sum > maxBytes) throw tooLarge(maxBytes);
      yield chunk;
    }
  } catch (error) {
    throw brokenOff(error);
  } finally {
    // the rest is thrown away as it comes, so that the caller comes to read the answer
    if (bytes !== request) {
      request.unpipe();
      bytes.destroy();
    }
    request.resume();
  }
}
