import { HashPart, type PartShape } from './hash-part.js';
import type { RecordHash } from './record-hash.js';

/**
 * A part is for 2^16 records at first; one behind it for sixteen times as many, as every part of a
 * day costs the records that come late 0.1 to 0.8 µs.
 */
const leastBits = 16;
const bitsAPart = 4;
const mostBits = 31;
/** A day that has so many times the records of the one before it is one part still. */
const growthOfDay = 1.25;

/** What of a day is not in the arrays of its segments. */
export interface DayShape {
  readonly day: number;
  readonly parts: readonly PartShape[];
}

/** Hashes of the records of one UTC day (days since 1970). */
export class DayRecords {
  private constructor(
    readonly day: number,
    readonly parts: HashPart[],
  ) {}

  /** Without records yet; with so many to come one part will hold them. */
  static expecting(day: number, records: number): DayRecords {
    const bits = Math.ceil(Math.log2(Math.max(1, records * growthOfDay)));
    return new DayRecords(day, [new HashPart(Math.min(Math.max(bits, leastBits), mostBits))]);
  }

  static ofShape({ day, parts }: DayShape): DayRecords {
    return new DayRecords(day, parts.map(HashPart.ofShape));
  }

  get shape(): DayShape {
    return { day: this.day, parts: this.parts.map(({ shape }) => shape) };
  }

  get count(): number {
    return this.parts.reduce((sum, { count }) => sum + count, 0);
  }

  get byteSize(): number {
    return this.parts.reduce((sum, { byteSize }) => sum + byteSize, 0);
  }

  /** True when it has another size in memory than before. */
  add(hash: RecordHash): boolean {
    const last = this.parts[this.parts.length - 1];
    const bits = Math.min(last.capacityBits + bitsAPart, mostBits);
    if (!last.isFull || bits === last.capacityBits) return last.add(hash);
    const next = new HashPart(bits);
    this.parts.push(next);
    next.add(hash);
    return true;
  }

  has(hash: RecordHash): boolean {
    for (const part of this.parts) if (part.has(hash)) return true;
    return false;
  }
}
