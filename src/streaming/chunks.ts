import type { Fault } from './fault.js';

const MAX_CHUNK_BYTES = 4 * 1024 * 1024;

/** How many chunks `chunksOf` makes of parts with so many bytes in all. */
export const chunksFor = (bytes: number): number => Math.ceil(bytes / MAX_CHUNK_BYTES);

/**
 * The parts one behind the other, as chunks of at most 4 MiB. Chunks are copies, but a part is
 * read when its chunk is asked for: take all chunks before the parts change.
 */
export function* chunksOf(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  let left = parts.reduce((sum, part) => sum + part.length, 0);
  let chunk = new Uint8Array(Math.min(left, MAX_CHUNK_BYTES));
  let filled = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length;) {
      const run = part.subarray(at, at + chunk.length - filled);
      chunk.set(run, filled);
      filled += run.length;
      at += run.length;
      if (filled < chunk.length) continue;
      yield chunk;
      left -= filled;
      chunk = new Uint8Array(Math.min(left, MAX_CHUNK_BYTES));
      filled = 0;
    }
  }
}

/** Reads back what `chunksOf` gave, however the bytes are cut now. */
export class ChunkReader {
  readonly #chunks: Iterator<Uint8Array> | AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  /** `corrupt` makes the fault that is thrown when the bytes cannot be those. */
  constructor(
    chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    private readonly corrupt: (message: string) => Fault,
  ) {
    this.#chunks =
      Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** Fills the target; throws when the bytes end before. */
  async fill(target: Uint8Array): Promise<void> {
    for (let at = 0; at < target.length;) {
      if (this.#rest.length === 0 && !(await this.#next())) throw this.corrupt('it is cut off');
      const run = this.#rest.subarray(0, target.length - at);
      target.set(run, at);
      at += run.length;
      this.#rest = this.#rest.subarray(run.length);
    }
  }

  /** Throws when bytes are left. */
  async end(): Promise<void> {
    while (this.#rest.length === 0) if (!(await this.#next())) return;
    throw this.corrupt('bytes are left behind its end');
  }

  async #next(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    this.#rest = next.value;
    return true;
  }
}
