const CHUNK_BYTES = 65_536;

/** Gathers ASCII lines into chunks, so that a consumer gets few buffers, not many strings. */
export class LineBuffer {
  private text = '';

  get full(): boolean {
    return this.text.length >= CHUNK_BYTES;
  }

  get empty(): boolean {
    return this.text.length === 0;
  }

  /** `line` is ASCII and ends in a newline. */
  add(line: string): void {
    this.text += line;
  }

  /** What was gathered, as bytes; the buffer is empty after it. */
  take(): Buffer {
    const chunk = Buffer.from(this.text, 'latin1');
    this.text = '';
    return chunk;
  }
}
