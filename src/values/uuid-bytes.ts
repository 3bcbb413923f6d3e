const uuidLength = 36;
const dash = 45;

/** Value of a hexadecimal digit by its byte; 255 for every other byte. */
const hexValues = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit++) {
  hexValues[digit.toString(16).charCodeAt(0)] = digit;
  hexValues[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** Eight digits from `at`, or −1 when one is none; `jump` is where a dash is stepped over. */
const hexWord = (bytes: Uint8Array, at: number, dashAfter: number): number => {
  let bad = 0;
  let word = 0;
  for (let i = 0; i < 8; i++) {
    const value = hexValues[bytes[at + i + (i >= dashAfter ? 1 : 0)]];
    bad |= value;
    word = (word << 4) | value;
  }
  return bad > 15 ? -1 : word >>> 0;
};

/**
 * Reads a UUID in its text form of 36 characters, in any case, into four words from `at` on.
 * Answers false, with the words undefined, when it is none. The UUID of zeros is none here, as
 * zeros stand for "no record" in the rows.
 */
export const readUuid = (
  text: { bytes: Uint8Array; start: number; end: number },
  words: Uint32Array,
  at: number,
): boolean => {
  const { bytes, start: s } = text;
  if (text.end - s !== uuidLength) return false;
  if (bytes[s + 8] !== dash || bytes[s + 13] !== dash) return false;
  if (bytes[s + 18] !== dash || bytes[s + 23] !== dash) return false;
  const a = hexWord(bytes, s, 8);
  const b = hexWord(bytes, s + 9, 4);
  const c = hexWord(bytes, s + 19, 4);
  const d = hexWord(bytes, s + 28, 8);
  if (a < 0 || b < 0 || c < 0 || d < 0) return false;
  words[at] = a;
  words[at + 1] = b;
  words[at + 2] = c;
  words[at + 3] = d;
  return (a | b | c | d) !== 0;
};
