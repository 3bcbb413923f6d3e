import { numbersFrom } from '../../test/support/random-numbers.js';
import { HashSlots } from './hash-slots.js';

const count = 100_000;
const next = numbersFrom(7);
const hashes = Array.from({ length: count }, () => next(2 ** 32) | 0);

const placesOf = (slots: HashSlots, hash: number): number[] => {
  const found: number[] = [];
  let table: Int32Array | undefined = slots.newest;
  for (; table !== undefined; table = slots.olderThan(table)) {
    const mask = table.length - 1;
    for (let slot = hash & mask; table[slot] !== 0; slot = (slot + 1) & mask) {
      if (hashes[table[slot] - 1] === hash) found.push(table[slot] - 1);
    }
  }
  return found;
};

const areAllThere = (slots: HashSlots): boolean =>
  hashes.every((hash, index) => placesOf(slots, hash).includes(index));

test('every key is found through all growth, and no one waits for all of it', () => {
  let hashed = 0;
  let mostHashed = 0;
  let isMissed = false;
  const slots = new HashSlots((index) => {
    hashed++;
    return hashes[index];
  });
  hashes.forEach((hash, index) => {
    hashed = 0;
    slots.add(hash, index);
    mostHashed = Math.max(mostHashed, hashed);
    if (index < 500 || index % 10_007 === 0) {
      for (let at = 0; at <= index; at++) isMissed ||= !placesOf(slots, hashes[at]).includes(at);
    }
  });
  expect(areAllThere(slots)).toBe(true);
  expect(isMissed).toBe(false);
  expect(mostHashed).toBeGreaterThan(0);
  expect(mostHashed).toBeLessThanOrEqual(16);
  expect(slots.byteSize).toBeLessThan(count * 4 * 4.6);
});

test('keys that were filled from outside are found, those of before are not', () => {
  const slots = new HashSlots((index) => hashes[index]);
  slots.add(hashes[0], 0);
  slots.add(hashes[0], 1);
  slots.rebuild(count);
  expect(areAllThere(slots)).toBe(true);
  expect(placesOf(slots, hashes[0])).toEqual([0]);
});
