const twoTo32 = 4_294_967_296;

const finished = (hash: number): number => {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
};

/**
 * 64 bits of an identity, as two words; every word of it moves all of them. Snapshots hold them, so
 * they are the same in every process, for good. One object is used for all records: nothing is made
 * while millions of them are hashed.
 */
export class RecordHash {
  high = 0;
  low = 0;

  // eslint-disable-next-line @typescript-eslint/max-params -- no object on the hottest path
  ofRecord(msisdn: number, recordedAtMs: number, ids: ArrayLike<number>, at: number): this {
    this.high = 0x2545f491;
    this.low = 0x6c62272e;
    this.#mix(msisdn | 0, (msisdn / twoTo32) | 0);
    this.#mix(recordedAtMs | 0, (recordedAtMs / twoTo32) | 0);
    this.#mix(ids[at], ids[at + 1]);
    this.#mix(ids[at + 2], ids[at + 3]);
    this.high = finished(this.high);
    this.low = finished(this.low ^ this.high);
    return this;
  }

  /** No two pairs of words lead from one state to the same other one. */
  #mix(first: number, second: number): void {
    let a = Math.imul(this.high ^ first, 0x9e3779b1);
    a ^= a >>> 15;
    let b = Math.imul(this.low ^ second ^ a, 0x85ebca6b);
    b ^= b >>> 13;
    this.high = Math.imul(a + b, 0xc2b2ae35);
    this.low = b;
  }
}
