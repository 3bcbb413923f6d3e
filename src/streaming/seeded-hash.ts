/**
 * Hashes for tables in memory whose keys come from outside. Keys that fall together can be made by
 * whoever knows the hash, and make a table slow; so each process has a seed of its own. Nothing
 * that is written or answered may depend on these hashes, nor on the order of a table.
 */
let firstSeed = 0x9747b28c;
let secondSeed = 0x2545f491;

/** Sets the seed of the process: once, before there is any table. */
export const seedHashes = (first: number, second: number): void => {
  firstSeed = first | 0;
  secondSeed = second | 0;
};

/** MurmurHash3's last step: every bit of the word moves every bit of the hash. */
const mixed = (hash: number): number => {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
};

/** Of a whole number up to ±(2^53 − 1), with the hash of what stands before it. 32 bits, signed. */
export const hashOfNumber = (key: number, before = 0): number =>
  mixed(mixed(before ^ firstSeed ^ key) ^ secondSeed ^ (key / 0x1_0000_0000));

/**
 * Of two numbers of 32 bits that nobody outside chooses freely, such as a place in a table and a
 * month: one mixing, so two that fall together do so in every process.
 */
export const hashOfPair = (first: number, second: number): number =>
  mixed(Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b) ^ firstSeed);

/** Of the four words of an id that begin at `at`, with the hash of what stands before them. */
export const hashOfWords = (words: ArrayLike<number>, at: number, before = 0): number => {
  let hash = mixed(before ^ firstSeed ^ words[at]);
  hash = mixed(hash ^ secondSeed ^ words[at + 1]);
  hash = mixed(hash ^ firstSeed ^ words[at + 2]);
  return mixed(hash ^ secondSeed ^ words[at + 3]);
};
