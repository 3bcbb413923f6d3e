import { grown } from '../../streaming/rows.js';
import { hashOfNumber, hashOfWords } from '../../streaming/seeded-hash.js';

const MIN_SLOTS = 16;

/**
 * Slots of an open-addressing hash table (linear probing) that point into key columns. A slot
 * holds index + 1; 0 is free. At most two thirds are taken. Nothing is ever removed.
 */
class Slots {
  slots = new Int32Array(MIN_SLOTS);

  isFull(count: number): boolean {
    return count * 3 > this.slots.length * 2;
  }

  clearFor(count: number): void {
    let length = MIN_SLOTS;
    while (count * 3 > length * 2) length *= 2;
    this.slots = new Int32Array(length);
  }

  take(hash: number, index: number): void {
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = index + 1;
  }
}

/** MSISDN → dense index in order of first appearance. */
export class MsisdnIndex {
  count = 0;
  /** The keys by index; replaced when it grows, longer than `count`. */
  msisdns: Float64Array;
  readonly #slots = new Slots();

  constructor(capacity: number) {
    this.msisdns = new Float64Array(capacity);
  }

  get byteSize(): number {
    return this.msisdns.byteLength + this.#slots.slots.byteLength;
  }

  /** The index of an MSISDN, or undefined. Does not allocate. */
  find(msisdn: number): number | undefined {
    const { slots } = this.#slots;
    const mask = slots.length - 1;
    let slot = hashOfNumber(msisdn) & mask;
    let entry = slots[slot];
    while (entry !== 0) {
      if (this.msisdns[entry - 1] === msisdn) return entry - 1;
      slot = (slot + 1) & mask;
      entry = slots[slot];
    }
    return undefined;
  }

  /** Gives the next index to an MSISDN that has none. */
  add(msisdn: number): number {
    const index = this.count;
    if (index === this.msisdns.length) this.msisdns = grown(this.msisdns, index * 2);
    this.msisdns[index] = msisdn;
    this.count++;
    if (this.#slots.isFull(this.count)) this.rebuild(this.count);
    else this.#slots.take(hashOfNumber(msisdn), index);
    return index;
  }

  /** Finds the first `count` keys of the column again, after it was filled from outside. */
  rebuild(count: number): void {
    this.count = count;
    this.#slots.clearFor(count);
    for (let index = 0; index < count; index++) {
      this.#slots.take(hashOfNumber(this.msisdns[index]), index);
    }
  }
}

/** Id of 16 bytes → dense index in order of first appearance. */
export class IdIndex {
  count = 0;
  /** Four words an id, most significant first; replaced when it grows. */
  words: Uint32Array;
  readonly #slots = new Slots();

  constructor(capacity: number) {
    this.words = new Uint32Array(capacity * 4);
  }

  get byteSize(): number {
    return this.words.byteLength + this.#slots.slots.byteLength;
  }

  /** The index of the id whose words stand at key[0, 4), or undefined. */
  find(key: Uint32Array): number | undefined {
    const { slots } = this.#slots;
    const mask = slots.length - 1;
    let slot = hashOfWords(key, 0) & mask;
    let entry = slots[slot];
    while (entry !== 0) {
      if (this.#holds(entry - 1, key)) return entry - 1;
      slot = (slot + 1) & mask;
      entry = slots[slot];
    }
    return undefined;
  }

  /** Gives the next index to an id that has none. */
  add(key: Uint32Array): number {
    const index = this.count;
    if (index * 4 === this.words.length) this.words = grown(this.words, index * 8);
    this.words.set(key, index * 4);
    this.count++;
    if (this.#slots.isFull(this.count)) this.rebuild(this.count);
    else this.#slots.take(hashOfWords(key, 0), index);
    return index;
  }

  /** Finds the first `count` ids of the column again, after it was filled from outside. */
  rebuild(count: number): void {
    this.count = count;
    this.#slots.clearFor(count);
    for (let index = 0; index < count; index++) {
      this.#slots.take(hashOfWords(this.words, index * 4), index);
    }
  }

  /** Negative, 0 or positive as the text of one id sorts before, with or behind the other's. */
  compare(a: number, b: number): number {
    for (let word = 0; word < 4; word++) {
      const difference = this.words[a * 4 + word] - this.words[b * 4 + word];
      if (difference !== 0) return difference;
    }
    return 0;
  }

  #holds(index: number, key: Uint32Array): boolean {
    const at = index * 4;
    const { words } = this;
    return (
      words[at] === key[0] &&
      words[at + 1] === key[1] &&
      words[at + 2] === key[2] &&
      words[at + 3] === key[3]
    );
  }
}
