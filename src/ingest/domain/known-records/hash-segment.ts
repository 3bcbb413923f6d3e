/** Entries between two places where decoding can begin, about. */
const entriesAStart = 64;
const leastTail = 64;
/** So many of the newest are searched one by one; more are put in order when they are asked. */
const mostUnordered = 64;
/** New numbers are coded once there is one for so many that are coded already. */
const codedPerNew = 8;
/** Bounds the work of a search, also where numbers were made to fall together. */
const mostTail = 4_096;
/** The room for new numbers comes in so many steps. */
const tailSteps = 16;
/** Behind every number. */
const beyond = 0x7fffffff;

const tailOf = (coded: number): number =>
  Math.min(mostTail, Math.max(leastTail, Math.floor(coded / codedPerNew)));

const stepOf = (coded: number): number => Math.ceil(tailOf(coded) / tailSteps);

/** Memory that all segments use in turn while one is coded again. */
let merged = new Int32Array(1 << 12);
let code = new Int32Array(1 << 12);
let newest = new Int32Array(1 << 8);

const withRoom = (memory: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> =>
  memory.length >= length ? memory : new Int32Array(length * 2);

/** What of a segment is not in its arrays. */
export interface SegmentShape {
  readonly depth: number;
  readonly coded: number;
  readonly tailLength: number;
  readonly inOrder: number;
  /** Lengths of `codes` and `starts`. */
  readonly lengths: readonly [number, number];
}

/** Of the engine, for the objects of a segment: an estimate. */
const objectBytes = 400;

/**
 * A set of whole numbers of up to 30 bits, evenly spread, in little more memory than they can be
 * told in: sorted, as the differences between them, each a Golomb-Rice code of about
 * log2(range / count) + 1.6 bits. New ones stand uncoded behind them until there are enough.
 */
export class HashSegment {
  coded = 0;
  /** Codes one behind the other, lowest bit first: zeros, a one, the low bits of the difference. */
  codes = new Int32Array(2);
  /** Bit at which the codes of each equal part of the range begin; at the end the end. */
  starts = new Int32Array(2);
  tailLength = 0;
  tail = new Int32Array(stepOf(0));
  /** So many at the begin of the tail are in order; those behind them are as they came. */
  inOrder = 0;

  /** `bits` of the numbers; `depth` is what the owner has split off before them. */
  constructor(
    readonly bits: number,
    readonly depth: number,
  ) {}

  /** The segment of a shape, with arrays to be filled. */
  static ofShape(bits: number, shape: SegmentShape): HashSegment {
    const { depth, coded, tailLength, inOrder, lengths } = shape;
    const segment = new HashSegment(bits, depth);
    segment.coded = coded;
    segment.tailLength = tailLength;
    segment.inOrder = inOrder;
    segment.codes = new Int32Array(lengths[0]);
    segment.starts = new Int32Array(lengths[1]);
    // as it is when it grew to this length
    const most = tailOf(coded);
    const step = stepOf(coded);
    const steps = Math.max(1, Math.ceil(tailLength / step));
    segment.tail = new Int32Array(Math.min(most, steps * step));
    return segment;
  }

  get shape(): SegmentShape {
    const { depth, coded, tailLength, inOrder, codes, starts } = this;
    return { depth, coded, tailLength, inOrder, lengths: [codes.length, starts.length] };
  }

  /** The used bytes of its arrays, for a snapshot. */
  parts(): Uint8Array[] {
    return [this.codes, this.starts, this.tail.subarray(0, this.tailLength)].map(
      ({ buffer, byteLength }) => new Uint8Array(buffer, 0, byteLength),
    );
  }

  get hasRoom(): boolean {
    return this.tailLength < this.tail.length;
  }

  /** Numbers added; of equal ones all that are not coded yet. */
  get count(): number {
    return this.coded + this.tailLength;
  }

  get byteSize(): number {
    const { codes, starts, tail } = this;
    return objectBytes + codes.byteLength + starts.byteLength + tail.byteLength;
  }

  /** Adds a number. True when the segment has another size in memory than before. */
  add(value: number): boolean {
    const isFull = !this.hasRoom;
    if (isFull) this.#makeRoom();
    this.tail[this.tailLength++] = value;
    return isFull;
  }

  has(value: number): boolean {
    if (this.tailLength - this.inOrder > mostUnordered) this.#orderTail();
    return this.#isCoded(value) || this.#isInTail(value);
  }

  /** Two segments of the lower and the upper half of the range, with all that is in this one. */
  split(): [HashSegment, HashSegment] {
    const count = this.#mergeAll();
    const half = 1 << (this.bits - 1);
    let middle = 0;
    while (middle < count && merged[middle] < half) middle++;
    for (let at = middle; at < count; at++) merged[at] -= half;
    const lower = new HashSegment(this.bits - 1, this.depth + 1);
    const upper = new HashSegment(this.bits - 1, this.depth + 1);
    lower.#code(0, middle);
    upper.#code(middle, count);
    return [lower, upper];
  }

  #makeRoom(): void {
    const most = tailOf(this.coded);
    if (this.tailLength < most) {
      const length = this.tailLength + stepOf(this.coded);
      const larger = new Int32Array(Math.min(length, most));
      larger.set(this.tail);
      this.tail = larger;
      return;
    }
    this.#code(0, this.#mergeAll());
  }

  #isInTail(value: number): boolean {
    const { tail, tailLength, inOrder } = this;
    for (let at = inOrder; at < tailLength; at++) if (tail[at] === value) return true;
    let low = 0;
    let high = inOrder;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (tail[middle] < value) low = middle + 1;
      else high = middle;
    }
    return low < inOrder && tail[low] === value;
  }

  /** Imports in order add and never ask: then a tail is put in order once, when it is coded. */
  #orderTail(): void {
    const { tail, tailLength, inOrder } = this;
    const added = tail.subarray(inOrder, tailLength).sort();
    const count = added.length;
    newest = withRoom(newest, count);
    newest.set(added);
    let old = inOrder - 1;
    let to = tailLength - 1;
    for (let at = count - 1; at >= 0 && inOrder > 0; to--) {
      if (old >= 0 && tail[old] > newest[at]) tail[to] = tail[old--];
      else tail[to] = newest[at--];
    }
    this.inOrder = tailLength;
  }

  #isCoded(value: number): boolean {
    if (this.coded === 0) return false;
    const { codes, starts } = this;
    const shift = this.#shift();
    const parameter = this.#parameter();
    const lowMask = (1 << parameter) - 1;
    const part = value >>> shift;
    const end = starts[part + 1];
    let bit = starts[part];
    let found = (part << shift) - 1;
    const mostZeros = 31 - parameter; // with these all of a code is in 32 bits
    while (bit < end && found < value) {
      let bits = bitsAt(codes, bit);
      let zeros = 31 - Math.clz32(bits & -bits);
      if (bits !== 0 && zeros <= mostZeros) bits >>>= zeros + 1;
      else {
        zeros = zerosAt(codes, bit);
        bits = bitsAt(codes, bit + zeros + 1);
      }
      found += ((zeros << parameter) | (bits & lowMask)) + 1;
      bit += zeros + 1 + parameter;
    }
    return found === value;
  }

  /** Bits of a number below those that say in which part of the range it is. */
  #shift(): number {
    return this.bits - (31 - Math.clz32(this.starts.length - 1));
  }

  /** Bits of a difference that are coded as they are: as many as the mean difference has. */
  #parameter(): number {
    return Math.max(0, this.bits - (32 - Math.clz32(Math.max(1, this.coded) - 1)));
  }

  /** All numbers, sorted and each once, in `merged`; how many. */
  #mergeAll(): number {
    this.#orderTail();
    merged = withRoom(merged, this.coded + this.tailLength);
    if (this.tail.length === this.tailLength) this.#endTail();
    const { codes, starts, tail } = this;
    tail[this.tailLength] = beyond;
    const shift = this.#shift();
    const parameter = this.#parameter();
    const lowMask = (1 << parameter) - 1;
    let added = 0;
    let count = 0;
    for (let part = 0, bit = 0; part + 1 < starts.length; part++) {
      const end = starts[part + 1];
      let value = (part << shift) - 1;
      while (bit < end) {
        const zeros = zerosAt(codes, bit);
        bit += zeros + 1;
        value += ((zeros << parameter) | (bitsAt(codes, bit) & lowMask)) + 1;
        bit += parameter;
        while (tail[added] < value) added = pushOnce(tail, added, count++);
        if (tail[added] === value) added = skip(tail, added);
        merged[count++] = value;
      }
    }
    while (added < this.tailLength) added = pushOnce(tail, added, count++);
    return count;
  }

  #endTail(): void {
    const larger = new Int32Array(this.tailLength + 1);
    larger.set(this.tail);
    this.tail = larger;
  }

  /** Takes numbers of `merged` as all there are. */
  #code(from: number, to: number): void {
    this.coded = to - from;
    this.tailLength = 0;
    this.inOrder = 0;
    this.tail = new Int32Array(stepOf(this.coded));
    if (this.coded === 0) return;
    const parts = Math.round(Math.log2(this.coded / entriesAStart));
    this.starts = new Int32Array((1 << Math.min(this.bits, Math.max(0, parts))) + 1);
    const parameter = this.#parameter();
    // all differences together are the range, so this is the most they can need
    const mostBits = this.coded * (parameter + 1) + Math.ceil(2 ** (this.bits - parameter)) + 64;
    code = withRoom(code, (mostBits >>> 5) + 2);
    code.fill(0, 0, (mostBits >>> 5) + 2);
    const bits = this.#write(from, to, parameter);
    this.codes = code.slice(0, (bits >>> 5) + 2);
  }

  #write(from: number, to: number, parameter: number): number {
    const { starts } = this;
    const numbers = merged;
    const words = code;
    const shift = this.#shift();
    const lowMask = (1 << parameter) - 1;
    let bit = 0;
    let at = from;
    for (let part = 0; part + 1 < starts.length; part++) {
      starts[part] = bit;
      let last = (part << shift) - 1;
      const end = (part + 1) << shift;
      for (; at < to && numbers[at] < end; at++) {
        const difference = numbers[at] - last - 1;
        last = numbers[at];
        bit += difference >>> parameter; // that many zeros
        const value = ((difference & lowMask) << 1) | 1;
        const word = bit >>> 5;
        words[word] |= value << bit;
        words[word + 1] |= (value >>> 1) >>> (~bit & 31);
        bit += parameter + 1;
      }
    }
    starts[starts.length - 1] = bit;
    return bit;
  }
}

/** The next of equal numbers that is another one. */
const skip = (tail: Int32Array, at: number): number => {
  const value = tail[at];
  while (tail[at] === value) at++;
  return at;
};

const pushOnce = (tail: Int32Array, at: number, count: number): number => {
  merged[count] = tail[at];
  return skip(tail, at);
};

/** 32 bits from a place on. */
const bitsAt = (codes: Int32Array, bit: number): number => {
  const word = bit >>> 5;
  return (codes[word] >>> bit) | ((codes[word + 1] << 1) << (~bit & 31));
};

const zerosAt = (codes: Int32Array, bit: number): number => {
  let zeros = 0;
  let bits = bitsAt(codes, bit);
  for (; bits === 0; bits = bitsAt(codes, bit + zeros)) zeros += 32;
  return zeros + 31 - Math.clz32(bits & -bits);
};
