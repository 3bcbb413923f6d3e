import { LineBatches } from './domain/line-batches.js';
import { FileBytes, type GzipBounds } from './file-bytes.js';
import type { FoundFile, IncomingFiles } from './incoming-files.js';

/** So much of a file is looked at: some hundred lines. */
const headBytes = 64 * 1024;

/** What a head is read with. */
export interface HeadPorts {
  readonly folder: Pick<IncomingFiles, 'open' | 'identity'>;
  readonly gzip: GzipBounds | undefined;
  readonly maxLineBytes: number;
  readonly maxFutureSkewMs: number;
  readonly now: () => number;
}

/**
 * The oldest record among the first lines of a file (epoch ms); undefined when no record is there,
 * or the file cannot be read.
 */
export const oldestInHeadMs = async (
  ports: HeadPorts,
  found: FoundFile,
): Promise<number | undefined> => {
  if (!found.isRegular) return undefined;
  const handle = await ports.folder.open(found);
  if (typeof handle === 'string') return undefined;
  try {
    const { bytes } = await ports.folder.identity(handle);
    const part = { name: found.name, gzip: ports.gzip, bytes: Math.min(bytes, headBytes) };
    const source = { fileId: 0, feed: '', stampMs: ports.now() };
    const lines = new LineBatches(
      { ...source, maxFutureSkewMs: ports.maxFutureSkewMs },
      { maxLineBytes: ports.maxLineBytes, fileBytes: part.bytes },
    );
    for await (const chunk of new FileBytes(handle, part).chunks(0)) {
      Array.from(lines.push(chunk.subarray(0, headBytes)));
      break;
    }
    const { firstRecordedAtMs, lastRecordedAtMs } = lines.end(part.bytes === bytes).mark;
    return firstRecordedAtMs <= lastRecordedAtMs ? firstRecordedAtMs : undefined;
  } catch {
    // whoever reads it tells what is wrong with it
    return undefined;
  } finally {
    await handle.close();
  }
};
