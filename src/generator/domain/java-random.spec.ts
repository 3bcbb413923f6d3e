import fc from 'fast-check';
import { JavaRandom } from './java-random.js';
import { nextNameUuid } from './name-uuid.js';
import { shuffle } from './shuffle.js';

const bounds = [1, 2, 7, 16, 1000, 1073741824, 1073741825, 2147483647];

// Printed by java.util.Random, Collections.shuffle and UUID.nameUUIDFromBytes of Java 17: one
// generator a seed, drawn from in the order of the fields.
const printedByJava = [
  {
    seed: 0,
    bounded: [0, 1, 4, 9, 515, 331840526, 251269761, 1283218719],
    int32: -938301587,
    double: 0.3332183994766498,
    long: 7105486291024734541n,
    bytes: '2f931efc580f9a',
    uuid: '38ca2fdb-91fd-350e-87ea-0d7aca9d4f07',
    shuffled: [4, 6, 9, 0, 5, 7, 3, 8, 2, 1],
  },
  {
    seed: -1,
    bounded: [0, 0, 4, 8, 604, 645099219, 894294477, 857465478],
    int32: -746611766,
    double: 0.05653720805104445,
    long: 5714200691875627035n,
    bytes: '89fed211cc4316',
    uuid: '2b4aaeff-e0c6-3cef-858f-ad64e1d2da4d',
    shuffled: [4, 9, 6, 8, 3, 7, 0, 5, 1, 2],
  },
  {
    seed: 42,
    bounded: [0, 0, 6, 0, 970, 1011543762, 595021505, 1519796918],
    int32: -1436456258,
    double: 0.09132461105841794,
    long: 8324226458996739737n,
    bytes: '885cb361f86c97',
    uuid: '85033621-7c12-380a-ac7b-312a28f1d580',
    shuffled: [9, 3, 2, 4, 6, 8, 5, 7, 1, 0],
  },
  {
    seed: 31423434,
    bounded: [0, 1, 1, 0, 154, 102925060, 255511975, 1845899406],
    int32: -110190326,
    double: 0.7041872754826309,
    long: -8601171142235974161n,
    bytes: 'aa84549803754f',
    uuid: 'ca2389d4-e8fe-39f9-b5ea-b9d5f6c54a96',
    shuffled: [6, 9, 4, 8, 5, 2, 3, 0, 7, 1],
  },
  {
    seed: 9007199254740991,
    bounded: [0, 0, 4, 8, 604, 645099219, 894294477, 857465478],
    int32: -746611766,
    double: 0.05653720805104445,
    long: 5714200691875627035n,
    bytes: '89fed211cc4316',
    uuid: '2b4aaeff-e0c6-3cef-858f-ad64e1d2da4d',
    shuffled: [4, 9, 6, 8, 3, 7, 0, 5, 1, 2],
  },
];

describe('JavaRandom', () => {
  it.each(printedByJava)('draws what Java draws from seed $seed', (java) => {
    const random = new JavaRandom(java.seed);
    expect(bounds.map((bound) => random.nextInt(bound))).toEqual(java.bounded);
    expect(random.nextInt32()).toBe(java.int32);
    expect(random.nextDouble()).toBe(java.double);
    expect(random.nextLong()).toBe(java.long);
    const bytes = new Uint8Array(7);
    random.nextBytes(bytes);
    expect(Buffer.from(bytes).toString('hex')).toBe(java.bytes);
    expect(nextNameUuid(random)).toBe(java.uuid);
    const items = Array.from({ length: 10 }, (_, index) => index);
    shuffle(items, random);
    expect(items).toEqual(java.shuffled);
  });

  it('equals the 48-bit recurrence computed with BigInt, for any seed', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (seed) => {
        const mask = (1n << 48n) - 1n;
        let state = (BigInt(seed) ^ 0x5deece66dn) & mask;
        const random = new JavaRandom(seed);
        for (let draw = 0; draw < 20; draw++) {
          state = (state * 0x5deece66dn + 0xbn) & mask;
          expect(random.nextInt32()).toBe(Number(BigInt.asIntN(32, state >> 16n)));
        }
      }),
    );
  });

  it('a clone goes on alike and apart', () => {
    const random = new JavaRandom(42);
    random.nextInt32();
    const clone = random.clone();
    const ahead = [random.nextInt32(), random.nextInt32()];
    expect([clone.nextInt32(), clone.nextInt32()]).toEqual(ahead);
  });
});

describe('shuffle', () => {
  it('keeps every item', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
        const shuffled = [...items];
        shuffle(shuffled, new JavaRandom(seed));
        const ascending = (a: number, b: number) => a - b;
        expect(shuffled.sort(ascending)).toEqual([...items].sort(ascending));
      }),
    );
  });
});
