const twoTo32 = 4_294_967_296;

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** MurmurHash3's last step: every bit of the word moves every bit of the hash. */
const finished = (hash: number): number => {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/**
 * Two independent 32-bit hashes of the values of a row, in the manner of MurmurHash3. One object
 * is used for all rows: nothing is made while millions of them are hashed.
 */
export class RowHash {
  #a = 0;
  #b = 0;
  #words = 0;

  /** Forgets the row before. */
  start(): this {
    this.#a = 0x2545f491;
    this.#b = 0x6c62272e;
    this.#words = 0;
    return this;
  }

  /** A whole number of 32 bits. */
  word(value: number): this {
    this.#a =
      Math.imul(
        rotated(this.#a ^ Math.imul(rotated(Math.imul(value, 0xcc9e2d51), 15), 0x1b873593), 13),
        5,
      ) + 0xe6546b64;
    this.#b =
      Math.imul(
        rotated(this.#b ^ Math.imul(rotated(Math.imul(value, 0x239b961b), 16), 0xab0e9789), 11),
        5,
      ) + 0x561ccd1b;
    this.#words++;
    return this;
  }

  /** A whole number up to ±(2^53 - 1). */
  number(value: number): this {
    return this.word(value >>> 0).word(Math.floor(value / twoTo32));
  }

  text(value: string): this {
    for (let at = 0; at < value.length; at++) this.word(value.charCodeAt(at));
    return this.word(value.length);
  }

  get first(): number {
    return finished(this.#a ^ this.#words);
  }

  get second(): number {
    return finished(this.#b ^ this.#words);
  }

  /** A number of 53 bits of both, as a key of what is hashed. */
  get key(): number {
    return this.first * 2_097_152 + (this.second >>> 11);
  }
}
