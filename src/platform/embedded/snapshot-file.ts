import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/**
 * A file of chunks: for each its length, its CRC-32 (both little-endian 32 bits) and its bytes;
 * at the end a length of 2^32 - 1 with the number of chunks in place of the CRC.
 */
const END = 0xffffffff;
const HEAD_BYTES = 8;
const WINDOW_BYTES = 1048576;

/** The file is not whole; the message says how. */
export class DamagedSnapshot extends Error {
  override readonly name = 'DamagedSnapshot';
}

const head = (first: number, second: number): Buffer => {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES);
  bytes.writeUInt32LE(first, 0);
  bytes.writeUInt32LE(second, 4);
  return bytes;
};

/** `write` may take less than it is given. */
const writeWhole = async (file: FileHandle, bytes: Uint8Array): Promise<void> => {
  for (let at = 0; at < bytes.length;) {
    at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
  }
};

/** Gathers small pieces; the caller may use the memory of a piece again after the call. */
class GatheringWriter {
  readonly #window = Buffer.allocUnsafe(WINDOW_BYTES);
  #used = 0;

  constructor(private readonly file: FileHandle) {}

  async put(bytes: Uint8Array): Promise<void> {
    if (bytes.length > this.#window.length - this.#used) await this.flush();
    if (bytes.length > this.#window.length) return writeWhole(this.file, bytes);
    this.#window.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  async flush(): Promise<void> {
    await writeWhole(this.file, this.#window.subarray(0, this.#used));
    this.#used = 0;
  }
}

/** Writes all chunks and waits until they are on the disk. */
export const writeChunks = async (path: string, chunks: Iterable<Uint8Array>): Promise<void> => {
  const file = await open(path, 'w');
  try {
    const writer = new GatheringWriter(file);
    let count = 0;
    for (const chunk of chunks) {
      await writer.put(head(chunk.length, crc32(chunk)));
      await writer.put(chunk);
      count++;
    }
    await writer.put(head(END, count));
    await writer.flush();
    await file.sync();
  } finally {
    await file.close();
  }
};

/** Fills memory from a file in large reads. */
class WindowReader {
  readonly #window = Buffer.allocUnsafe(WINDOW_BYTES);
  #at = 0;
  #end = 0;

  constructor(private readonly file: FileHandle) {}

  /** Fills `target`; throws DamagedSnapshot when the file ends before. */
  async fill(target: Uint8Array): Promise<void> {
    for (let at = 0; at < target.length;) {
      const wanted = target.length - at;
      if (this.#at === this.#end && wanted >= this.#window.length) {
        at += await this.#readInto(target, at);
        continue;
      }
      if (this.#at === this.#end) {
        this.#at = 0;
        this.#end = 0;
        this.#end = await this.#readInto(this.#window, 0);
      }
      const n = Math.min(wanted, this.#end - this.#at);
      target.set(this.#window.subarray(this.#at, this.#at + n), at);
      this.#at += n;
      at += n;
    }
  }

  async #readInto(target: Uint8Array, at: number): Promise<number> {
    const { bytesRead } = await this.file.read(target, at, target.length - at);
    if (bytesRead === 0) throw new DamagedSnapshot('it ends too early');
    return bytesRead;
  }
}

type Memory = (length: number) => Uint8Array;

const chunksOf = async function* (path: string, memory: Memory): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const reader = new WindowReader(file);
    const bytes = Buffer.alloc(HEAD_BYTES);
    for (let count = 0; ; count++) {
      await reader.fill(bytes);
      const length = bytes.readUInt32LE(0);
      const check = bytes.readUInt32LE(4);
      if (length === END) {
        if (check !== count) throw new DamagedSnapshot(`it has ${count} of ${check} chunks`);
        return;
      }
      if (length > size) throw new DamagedSnapshot('a length is beyond the file');
      const chunk = memory(length);
      await reader.fill(chunk);
      if (crc32(chunk) !== check) throw new DamagedSnapshot(`chunk ${count} has a wrong check sum`);
      yield chunk;
    }
  } finally {
    await file.close();
  }
};

/** The chunks in order, each in memory of its own that begins at offset 0 (so aligned). */
export const readChunks = (path: string): AsyncGenerator<Uint8Array> =>
  chunksOf(path, (length) => new Uint8Array(length));

/** Reads the whole file once to see that it is whole. Throws DamagedSnapshot; answers chunk 0. */
export const checkChunks = async (path: string): Promise<Uint8Array> => {
  let memory = new Uint8Array(WINDOW_BYTES);
  let first: Uint8Array | undefined;
  const reused: Memory = (length) => {
    if (length > memory.length) memory = new Uint8Array(length);
    return memory.subarray(0, length);
  };
  for await (const chunk of chunksOf(path, reused)) first ??= chunk.slice();
  if (!first) throw new DamagedSnapshot('it has no header');
  return first;
};
