import { HashSegment, type SegmentShape } from './hash-segment.js';
import type { RecordHash } from './record-hash.js';

/** Of a full part one hash in 2^10 is taken for one that is there. */
const spareBits = 10;
const mostSegmentBits = 30;
const mostInSegment = 32_768;
/** A segment of a full part has 2^14 to 2^15; what has more was made to, and stays whole. */
const leastInSegmentBits = 11;

/** What of a part is not in its segments' arrays. */
export interface PartShape {
  readonly capacityBits: number;
  readonly count: number;
  readonly segments: readonly SegmentShape[];
}

/**
 * A set of hashes, of which it keeps as many bits as tell those of a full part apart: an extendible
 * hash table of segments. It grows segment by segment, so nothing large is ever copied.
 */
export class HashPart {
  count = 0;
  byteSize = 0;
  readonly capacity: number;
  readonly #bits: number;
  readonly #mostDepth: number;
  /** By the first `depth` bits of a hash; a segment of less depth is there several times. */
  #directory: HashSegment[] = [];
  #depth: number;

  constructor(readonly capacityBits: number) {
    this.capacity = 2 ** capacityBits;
    this.#bits = capacityBits + spareBits;
    this.#depth = Math.max(0, this.#bits - mostSegmentBits);
    this.#mostDepth = Math.max(this.#depth, capacityBits - leastInSegmentBits);
    for (let at = 0; at < 2 ** this.#depth; at++) {
      const segment = new HashSegment(this.#bits - this.#depth, this.#depth);
      this.#directory.push(segment);
      this.byteSize += segment.byteSize;
    }
  }

  /** The part of a shape; its segments' arrays are still to be filled. */
  static ofShape({ capacityBits, count, segments }: PartShape): HashPart {
    const part = new HashPart(capacityBits);
    part.count = count;
    part.#depth = Math.max(...segments.map(({ depth }) => depth));
    part.#directory = segments.flatMap((shape) => {
      const segment = HashSegment.ofShape(part.#bits - shape.depth, shape);
      return new Array<HashSegment>(2 ** (part.#depth - shape.depth)).fill(segment);
    });
    part.byteSize = part.segments.reduce((sum, segment) => sum + segment.byteSize, 0);
    return part;
  }

  get shape(): PartShape {
    const { capacityBits, count, segments } = this;
    return { capacityBits, count, segments: segments.map(({ shape }) => shape) };
  }

  /** Each once, in order of their hashes. */
  get segments(): HashSegment[] {
    return this.#directory.filter((segment, at, all) => segment !== all[at - 1]);
  }

  get isFull(): boolean {
    return this.count >= this.capacity;
  }

  /** True when it has another size in memory than before. */
  add(hash: RecordHash): boolean {
    this.count++;
    const at = this.#indexOf(hash);
    const segment = this.#directory[at];
    if (segment.hasRoom) return segment.add(this.#valueIn(segment, hash));
    if (segment.count >= mostInSegment && segment.depth < this.#mostDepth) {
      this.#split(at, segment);
      this.#addTo(this.#directory[this.#indexOf(hash)], hash);
    } else {
      this.#addTo(segment, hash);
    }
    return true;
  }

  has(hash: RecordHash): boolean {
    const segment = this.#directory[this.#indexOf(hash)];
    return segment.has(this.#valueIn(segment, hash));
  }

  #addTo(segment: HashSegment, hash: RecordHash): void {
    const before = segment.byteSize;
    segment.add(this.#valueIn(segment, hash));
    this.byteSize += segment.byteSize - before;
  }

  #split(at: number, segment: HashSegment): void {
    let place = at;
    if (segment.depth === this.#depth) {
      this.#directory = this.#directory.flatMap((each) => [each, each]);
      this.#depth++;
      place *= 2;
    }
    const span = 2 ** (this.#depth - segment.depth);
    const first = place - (place % span);
    const before = segment.byteSize;
    const [lower, upper] = segment.split();
    this.byteSize += lower.byteSize + upper.byteSize - before;
    this.#directory.fill(lower, first, first + span / 2);
    this.#directory.fill(upper, first + span / 2, first + span);
  }

  #indexOf({ high }: RecordHash): number {
    return this.#depth === 0 ? 0 : high >>> (32 - this.#depth);
  }

  /** The bits of the hash behind those that chose the segment. */
  #valueIn({ depth }: HashSegment, { high, low }: RecordHash): number {
    const more = this.#bits - 32;
    const rest = (high << depth) >>> depth;
    return more > 0 ? (rest << more) | (low >>> (32 - more)) : rest >>> -more;
  }
}
