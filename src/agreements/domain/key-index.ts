import { HashSlots } from '../../streaming/hash-slots.js';
import { grown } from '../../streaming/rows.js';
import { hashOfNumber, hashOfWords } from '../../streaming/seeded-hash.js';

/** MSISDN → dense index in order of first appearance. */
export class MsisdnIndex {
  count = 0;
  /** The keys by index; replaced when it grows, longer than `count`. */
  msisdns: Float64Array;
  readonly #slots = new HashSlots((index) => hashOfNumber(this.msisdns[index]));

  constructor(capacity: number) {
    this.msisdns = new Float64Array(capacity);
  }

  get byteSize(): number {
    return this.msisdns.byteLength + this.#slots.byteSize;
  }

  /** The index of an MSISDN, or undefined. Does not allocate. */
  find(msisdn: number): number | undefined {
    const hash = hashOfNumber(msisdn);
    let slots: Int32Array | undefined = this.#slots.newest;
    for (; slots !== undefined; slots = this.#slots.olderThan(slots)) {
      const mask = slots.length - 1;
      let slot = hash & mask;
      for (let entry = slots[slot]; entry !== 0; entry = slots[slot]) {
        if (this.msisdns[entry - 1] === msisdn) return entry - 1;
        slot = (slot + 1) & mask;
      }
    }
    return undefined;
  }

  /** Gives the next index to an MSISDN that has none. */
  add(msisdn: number): number {
    const index = this.count;
    if (index === this.msisdns.length) this.msisdns = grown(this.msisdns, index * 2);
    this.msisdns[index] = msisdn;
    this.count++;
    this.#slots.add(hashOfNumber(msisdn), index);
    return index;
  }

  /** Finds the first `count` keys of the column again, after it was filled from outside. */
  rebuild(count: number): void {
    this.count = count;
    this.#slots.rebuild(count);
  }
}

/** Id of 16 bytes → dense index in order of first appearance. */
export class IdIndex {
  count = 0;
  /** Four words an id, most significant first; replaced when it grows. */
  words: Uint32Array;
  readonly #slots = new HashSlots((index) => hashOfWords(this.words, index * 4));

  constructor(capacity: number) {
    this.words = new Uint32Array(capacity * 4);
  }

  get byteSize(): number {
    return this.words.byteLength + this.#slots.byteSize;
  }

  /** The index of the id whose words stand at key[0, 4), or undefined. */
  find(key: Uint32Array): number | undefined {
    const hash = hashOfWords(key, 0);
    let slots: Int32Array | undefined = this.#slots.newest;
    for (; slots !== undefined; slots = this.#slots.olderThan(slots)) {
      const mask = slots.length - 1;
      let slot = hash & mask;
      for (let entry = slots[slot]; entry !== 0; entry = slots[slot]) {
        if (this.#holds(entry - 1, key)) return entry - 1;
        slot = (slot + 1) & mask;
      }
    }
    return undefined;
  }

  /** Gives the next index to an id that has none. */
  add(key: Uint32Array): number {
    const index = this.count;
    if (index * 4 === this.words.length) this.words = grown(this.words, index * 8);
    this.words.set(key, index * 4);
    this.count++;
    this.#slots.add(hashOfWords(key, 0), index);
    return index;
  }

  /** Finds the first `count` ids of the column again, after it was filled from outside. */
  rebuild(count: number): void {
    this.count = count;
    this.#slots.rebuild(count);
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
