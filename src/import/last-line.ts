import type { FileHandle } from 'node:fs/promises';
import type { ReadingMark } from './domain/line-batches.js';
import { FileBytes, type GzipBounds } from './file-bytes.js';
import { isPacked } from './queued-file.js';

const lineFeed = 10;

/** What the file is read with. */
export interface LastLineBounds {
  readonly name: string;
  readonly bytes: number;
  readonly gzip: GzipBounds | undefined;
  readonly maxLineBytes: number;
}

/**
 * Where reading goes on behind a mark: at the mark, or where its last line began when that had no
 * line break then. The line is read again whole, as a line of its own number.
 */
export const startOfLastLine = async (
  handle: FileHandle,
  mark: ReadingMark,
  bounds: LastLineBounds,
): Promise<ReadingMark> => {
  if (mark.byteOffset === 0) return mark;
  const before = isPacked(bounds.name)
    ? await unpackedBefore(handle, mark.byteOffset, bounds)
    : await bytesBefore(handle, mark.byteOffset, bounds.maxLineBytes);
  const start = before.lastIndexOf(lineFeed) + 1;
  // a line that is too long was refused with what is read of it
  if (before.length - start > bounds.maxLineBytes) return mark;
  return { ...mark, byteOffset: mark.byteOffset - (before.length - start) };
};

const bytesBefore = async (handle: FileHandle, end: number, most: number): Promise<Buffer> => {
  const buffer = Buffer.alloc(Math.min(end, most + 1));
  const { bytesRead } = await handle.read({ buffer, position: end - buffer.length });
  // shorter now than what was read of it: whoever reads on tells
  return buffer.subarray(0, bytesRead < buffer.length ? 0 : undefined);
};

const unpackedBefore = async (
  handle: FileHandle,
  end: number,
  bounds: LastLineBounds,
): Promise<Buffer> => {
  let before = Buffer.alloc(0);
  let offset = 0;
  try {
    for await (const chunk of new FileBytes(handle, bounds).chunks(0)) {
      const part = chunk.subarray(0, Math.max(0, end - offset));
      before = Buffer.concat([before, part]).subarray(-(bounds.maxLineBytes + 1));
      offset += chunk.length;
      if (offset >= end) return before;
    }
  } catch {
    // whoever reads on tells what is wrong with it
  }
  return Buffer.alloc(0);
};
