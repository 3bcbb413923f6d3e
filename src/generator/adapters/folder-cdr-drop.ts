import { mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../streaming/index.js';
import type { CdrDrop, CdrFileToDrop } from '../cdr-drop.js';
import { generatorErrors } from '../errors.js';

/** What is stored of a file takes less than the file, but lies beside it for a while. */
const roomPerByte = 2;

/** Drops files into the folder that the import watches. */
export class FolderCdrDrop implements CdrDrop {
  constructor(private readonly folder: string) {}

  async drop(file: CdrFileToDrop, cancel: AbortSignal): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await this.#expectRoom(file.bytes * roomPerByte);
    const temporary = join(this.folder, file.temporaryName);
    try {
      await writeChunks(temporary, file.chunks(), cancel);
      await rename(temporary, join(this.folder, file.name));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async #expectRoom(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    if (bavail * bsize >= bytes) return;
    const { reaction, meaning } = generatorErrors.GENERATE_DISK_FULL;
    throw new Fault('GENERATE_DISK_FULL', reaction, meaning, { facts: { bytes } });
  }
}

const writeChunks = async (
  path: string,
  chunks: Iterable<Uint8Array>,
  cancel: AbortSignal,
): Promise<void> => {
  const handle = await open(path, 'w');
  try {
    for (const chunk of chunks) {
      cancel.throwIfAborted();
      await handle.write(chunk);
    }
  } finally {
    await handle.close();
  }
};
