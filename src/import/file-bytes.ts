import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Fault } from '../streaming/index.js';
import { importErrors, type ImportCode } from './errors.js';

const chunkBytes = 256 * 1024;
const mostPaddingBytes = 64 * 1024;

/** Bounds of what a .gz file may unpack to; undefined switches .gz off. */
export interface GzipBounds {
  readonly maxBytes: number;
  readonly maxRatio: number;
}

/** A file that cannot be imported to its end. */
export const fileFault = (code: ImportCode, cause?: unknown): Fault =>
  new Fault(code, importErrors[code].reaction, importErrors[code].meaning, { cause });

/** Reads a file as it was when it was found, and unpacks it when its name ends in .gz. */
export class FileBytes {
  readonly #hash: Hash = createHash('sha256');
  #readBytes = 0;

  /** `onSkipped` is told how far it is read where only the SHA-256 is made. */
  constructor(
    private readonly handle: FileHandle,
    private readonly expected: { bytes: number; name: string; gzip: GzipBounds | undefined },
    private readonly onSkipped: (byteOffset: number) => void = () => undefined,
  ) {}

  /** SHA-256 of the packed bytes, once all were read. */
  sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Unpacked chunks from the byte `from` on. Throws FILE_TRUNCATED and the FILE_GZIP faults. */
  async *chunks(from: number): AsyncGenerator<Buffer> {
    let skip = from;
    const { name } = this.expected;
    for await (const chunk of name.endsWith('.gz') ? this.#unpacked() : this.#packed()) {
      if (skip >= chunk.length) {
        skip -= chunk.length;
        this.onSkipped(from - skip);
        continue;
      }
      yield skip > 0 ? chunk.subarray(skip) : chunk;
      skip = 0;
    }
  }

  async *#packed(): AsyncGenerator<Buffer> {
    const { bytes } = this.expected;
    while (this.#readBytes < bytes) {
      const length = Math.min(chunkBytes, bytes - this.#readBytes);
      const buffer = Buffer.allocUnsafe(length);
      const bytesRead = await this.#readInto(buffer);
      if (bytesRead === 0) throw fileFault('FILE_TRUNCATED');
      const chunk = buffer.subarray(0, bytesRead);
      this.#hash.update(chunk);
      this.#readBytes += bytesRead;
      yield chunk;
    }
  }

  async #readInto(buffer: Buffer): Promise<number> {
    try {
      return (await this.handle.read({ buffer, position: this.#readBytes })).bytesRead;
    } catch (error) {
      // a disk or a network that does not give the bytes: this file fails, others go on
      throw fileFault('FILE_UNREADABLE', error);
    }
  }

  /** True when nothing but a few zeros is in the file from there on. */
  async #isPadding(from: number): Promise<boolean> {
    const left = this.expected.bytes - from;
    if (left > mostPaddingBytes) return false;
    const buffer = Buffer.alloc(left);
    if (left > 0) await this.handle.read({ buffer, position: from });
    return buffer.every((byte) => byte === 0);
  }

  async *#unpacked(): AsyncGenerator<Buffer> {
    const { gzip } = this.expected;
    if (gzip === undefined) throw fileFault('FILE_GZIP_OFF');
    let bytes = 0;
    const gunzip = createGunzip({ chunkSize: chunkBytes });
    const packed = Readable.from(this.#packed());
    packed.on('error', (error) => gunzip.destroy(error));
    try {
      for await (const chunk of packed.pipe(gunzip) as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > gzip.maxBytes) throw fileFault('FILE_GZIP_TOO_LARGE');
        if (bytes > this.#readBytes * gzip.maxRatio) throw fileFault('FILE_GZIP_RATIO');
        yield chunk;
      }
      // it may have ended before the file did: the rest belongs to the SHA-256, and has to be empty
      packed.unpipe(gunzip);
      packed.resume();
      await finished(packed);
      if (!(await this.#isPadding(gunzip.bytesWritten))) throw fileFault('FILE_GZIP_CORRUPT');
    } catch (error) {
      throw error instanceof Fault ? error : fileFault('FILE_GZIP_CORRUPT', error);
    } finally {
      packed.destroy();
    }
  }
}
