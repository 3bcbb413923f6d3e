const leastSlots = 16;
/** Slots of the smaller table that a new key moves: it is empty long before the larger is full. */
const movedAKey = 16;

/**
 * Slots of a hash table with open addressing (linear probing) that point into columns: a slot holds
 * index + 1, 0 is free. At most two thirds are taken; nothing is ever removed. It grows with each
 * key that comes, by a few slots: a table of a million never stands still for all of them (70 ms).
 */
export class HashSlots {
  /** Where a key is searched first: from `hash & (length - 1)` on, up to a free slot. */
  newest = new Int32Array(leastSlots);
  /** The smaller table, while not all of it is moved; it keeps what is. */
  #smaller: Int32Array | undefined;
  #moved = 0;
  #count = 0;

  /** `hashOf` answers the hash (32 bits) of the key at an index. */
  constructor(private readonly hashOf: (index: number) => number) {}

  get byteSize(): number {
    return this.newest.byteLength + (this.#smaller?.byteLength ?? 0);
  }

  /** Where a key is searched that is not in `slots`; undefined when it is nowhere. */
  olderThan(slots: Int32Array): Int32Array | undefined {
    return slots === this.newest ? this.#smaller : undefined;
  }

  /** Adds the key at an index, which is not there yet. */
  add(hash: number, index: number): void {
    if (++this.#count * 3 > this.newest.length * 2) {
      this.#smaller = this.newest;
      this.#moved = 0;
      this.newest = new Int32Array(this.#smaller.length * 2);
    }
    if (this.#smaller !== undefined) this.#move(this.#smaller);
    take(this.newest, hash, index);
  }

  /** Finds the first `count` keys again, after the columns were filled from outside. */
  rebuild(count: number): void {
    let length = leastSlots;
    while (count * 3 > length * 2) length *= 2;
    this.newest = new Int32Array(length);
    this.#smaller = undefined;
    this.#count = count;
    for (let index = 0; index < count; index++) take(this.newest, this.hashOf(index), index);
  }

  #move(smaller: Int32Array): void {
    const end = Math.min(smaller.length, this.#moved + movedAKey);
    for (; this.#moved < end; this.#moved++) {
      const entry = smaller[this.#moved];
      if (entry !== 0) take(this.newest, this.hashOf(entry - 1), entry - 1);
    }
    if (end === smaller.length) this.#smaller = undefined;
  }
}

const take = (slots: Int32Array, hash: number, index: number): void => {
  const mask = slots.length - 1;
  let slot = hash & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = index + 1;
};
