import { Readable } from 'node:stream';

/** A piece or two of an answer are made ahead of what the caller reads. */
const aheadBytes = 64 * 1024;

/**
 * An answer in pieces, made as they are read: by default Node would make sixteen ahead for
 * each caller, read or not.
 */
export const textStream = (pieces: AsyncIterable<string | Uint8Array>): Readable =>
  Readable.from(pieces, { objectMode: false, highWaterMark: aheadBytes });
