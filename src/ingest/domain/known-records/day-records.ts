import { HashPart, type PartShape } from './hash-part.js';
import type { RecordHash } from './record-hash.js';

/** A part is for 2^16 records at first; one behind it for eight times as many. */
const leastBits = 16;
const bitsAPart = 3;
const mostBits = 31;

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
    let bits = leastBits;
    while (bits + bitsAPart <= mostBits && 2 ** bits < records) bits += bitsAPart;
    return new DayRecords(day, [new HashPart(bits)]);
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
    const bits = last.capacityBits + bitsAPart;
    if (!last.isFull || bits > mostBits) return last.add(hash);
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
