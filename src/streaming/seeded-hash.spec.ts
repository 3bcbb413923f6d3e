import { seed } from '../../test/support/seed.js';
import { numbersFrom } from '../../test/support/random-numbers.js';
import { hashOfNumber, hashOfWords, seedHashes } from './seeded-hash.js';

const slots = 1 << 14;
const slotOf = (hash: number): number => hash & (slots - 1);

/** The fullest of the slots that the hashes fall into. */
const fullest = (hashes: readonly number[]): number => {
  const taken = new Map<number, number>();
  for (const hash of hashes) taken.set(slotOf(hash), (taken.get(slotOf(hash)) ?? 0) + 1);
  return Math.max(...taken.values());
};

/** About one a slot falls by chance; never so many. */
const few = 12;
const count = 8192;

describe(`hashes of keys from outside (seed ${seed})`, () => {
  afterEach(() => seedHashes(0x9747b28c, 0x2545f491));

  const next = numbersFrom(seed);
  it.each([0, 1, 2, 3])('do not fall together when ids differ in word %i only', (word) => {
    for (const step of [1, 2, 65_536, 0x9e37_79b1]) {
      const ids = Array.from({ length: count }, (_, n) => {
        const id = new Uint32Array(4).fill(7);
        id[word] = n * step;
        return hashOfWords(id, 0);
      });
      expect(fullest(ids)).toBeLessThan(few);
    }
  });

  it('do not fall together for numbers in steps of any size', () => {
    for (const step of [1, 10, 65_536, 2 ** 32, 1000 * 2 ** 20]) {
      const numbers = Array.from({ length: count }, (_, n) => hashOfNumber(n * step));
      expect(fullest(numbers)).toBeLessThan(few);
    }
  });

  it('fall apart under another seed when they were made to fall together', () => {
    const ids: Uint32Array[] = [];
    while (ids.length < 300) {
      const id = Uint32Array.from({ length: 4 }, () => next(2 ** 32));
      if (slotOf(hashOfWords(id, 0)) < 16) ids.push(id);
    }
    const numbers: number[] = [];
    for (let n = 0; numbers.length < 300; n++) if (slotOf(hashOfNumber(n)) < 16) numbers.push(n);
    const hashes = () => [ids.map((id) => hashOfWords(id, 0)), numbers.map((n) => hashOfNumber(n))];
    for (const made of hashes()) expect(fullest(made)).toBeGreaterThan(few);
    seedHashes(next(2 ** 32), next(2 ** 32));
    for (const made of hashes()) expect(fullest(made)).toBeLessThan(few);
  });
});
