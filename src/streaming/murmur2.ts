const seed = 0x9747b28c;
const m = 0x5bd1e995;

/**
 * The 32-bit hash that Kafka's Java clients partition by: MurmurHash2 of the first `length` bytes,
 * unsigned here. Source of the rule: the default partitioner of the Java client.
 */
export const murmur2 = (bytes: Uint8Array, length = bytes.length): number => {
  let hash = seed ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let k = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    k = Math.imul(k, m);
    k = Math.imul(k ^ (k >>> 24), m);
    hash = Math.imul(hash, m) ^ k;
  }
  const left = length - at;
  if (left === 3) hash ^= bytes[at + 2] << 16;
  if (left >= 2) hash ^= bytes[at + 1] << 8;
  if (left >= 1) hash = Math.imul(hash ^ bytes[at], m);
  hash = Math.imul(hash ^ (hash >>> 13), m);
  return (hash ^ (hash >>> 15)) >>> 0;
};

const slot = (hash: number, slots: number): number => (hash & 0x7fffffff) % slots;

const encoder = new TextEncoder();

/** The partition of a key, as every Java producer chooses it. */
export const partitionOfKey = (key: string | Uint8Array, partitions: number): number =>
  slot(murmur2(typeof key === 'string' ? encoder.encode(key) : key), partitions);

const digits = new Uint8Array(16);
const zero = 48;

/** The same for a key that is a whole number written in decimal; makes no text of it. */
export const partitionOfNumber = (key: number, partitions: number): number => {
  let at = digits.length;
  let left = key;
  do {
    const tenth = Math.floor(left / 10);
    digits[--at] = zero + (left - tenth * 10);
    left = tenth;
  } while (left > 0);
  return slot(murmur2(digits.subarray(at)), partitions);
};
