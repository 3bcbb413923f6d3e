const HALF = 0x1000000;
const LOW_24_BITS = 0xffffff;
const MULTIPLIER_HIGH = 0x5de;
const MULTIPLIER_LOW = 0xece66d;
const INCREMENT = 0xb;

/**
 * The generator of java.util.Random: 48-bit linear congruential, constants and results as its
 * documentation prescribes. The state is held in two halves of 24 bits, because every product of
 * two halves then fits a double exactly and no BigInt is needed.
 */
export class JavaRandom {
  private high: number;
  private low: number;

  /** `seed`: any safe integer, the `long` of Java. */
  constructor(seed: number) {
    const seedHigh = Math.floor(seed / HALF);
    this.high = (seedHigh & LOW_24_BITS) ^ MULTIPLIER_HIGH;
    this.low = (seed - seedHigh * HALF) ^ MULTIPLIER_LOW;
  }

  /** A second generator that goes on from here on its own. */
  clone(): JavaRandom {
    const copy = new JavaRandom(0);
    copy.high = this.high;
    copy.low = this.low;
    return copy;
  }

  /** 32 random bits as a signed integer: Java's `nextInt()`. */
  nextInt32(): number {
    this.advance();
    return (this.high << 8) | (this.low >>> 16);
  }

  /** An integer in [0, bound), bound in 1 … 2^31 − 1: Java's `nextInt(bound)`. */
  nextInt(bound: number): number {
    if ((bound & -bound) === bound) return Math.floor((bound * this.nextBits(31)) / 0x80000000);
    for (;;) {
      const bits = this.nextBits(31);
      const value = bits % bound;
      // Java finds the incomplete last interval by the overflow of this 32-bit sum.
      if (((bits - value + (bound - 1)) | 0) >= 0) return value;
    }
  }

  /** A double in [0, 1) with 53 random bits. */
  nextDouble(): number {
    const upper = this.nextBits(26);
    return (upper * 0x8000000 + this.nextBits(27)) / 0x20000000000000;
  }

  /** 64 random bits as a signed BigInt; not for hot paths. */
  nextLong(): bigint {
    const upper = BigInt(this.nextInt32());
    return BigInt.asIntN(64, (upper << 32n) + BigInt(this.nextInt32()));
  }

  /** Fills `target`, four bytes of each draw, lowest byte first, as Java does. */
  nextBytes(target: Uint8Array): void {
    for (let at = 0; at < target.length;) {
      let draw = this.nextInt32();
      for (let n = Math.min(4, target.length - at); n > 0; n--) {
        target[at++] = draw;
        draw >>= 8;
      }
    }
  }

  private nextBits(bits: number): number {
    return this.nextInt32() >>> (32 - bits);
  }

  private advance(): void {
    const product = this.low * MULTIPLIER_LOW + INCREMENT;
    const carry = Math.floor(product / HALF);
    const high = this.high * MULTIPLIER_LOW + this.low * MULTIPLIER_HIGH + carry;
    // Not the % of doubles, which is an order of magnitude slower.
    this.low = product - carry * HALF;
    this.high = high - Math.floor(high / HALF) * HALF;
  }
}
