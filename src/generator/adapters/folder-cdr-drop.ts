import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CdrDrop } from '../cdr-drop.js';

/** Drops files into the folder that the import watches. */
export class FolderCdrDrop implements CdrDrop {
  constructor(private readonly folder: string) {}

  async drop(file: Parameters<CdrDrop['drop']>[0]): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const temporary = join(this.folder, file.temporaryName);
    try {
      await writeChunks(temporary, file.chunks());
      await rename(temporary, join(this.folder, file.name));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}

const writeChunks = async (path: string, chunks: Iterable<Uint8Array>): Promise<void> => {
  const handle = await open(path, 'w');
  try {
    for (const chunk of chunks) await handle.write(chunk);
  } finally {
    await handle.close();
  }
};
