import { createHash } from 'node:crypto';

/** A UUID inside the program: four 32-bit words, most significant first. */
export type UuidWords = Uint32Array;

const TEXT_LENGTH = 36;
const DASH = 0x2d;
const dashes = new Set([8, 13, 18, 23]);
const isDash = Uint8Array.from({ length: TEXT_LENGTH }, (_, at) => Number(dashes.has(at)));
const NO_DIGIT = 255;
/** By the code of a character: the hex digit it is. */
const digitOf = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase());
  return digit < 0 ? NO_DIGIT : digit;
});
const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const hexOfWord = (word: number): string =>
  hexOfByte[word >>> 24] +
  hexOfByte[(word >>> 16) & 255] +
  hexOfByte[(word >>> 8) & 255] +
  hexOfByte[word & 255];

/** The text of the UUID whose words begin at `at`, in lower case. */
export const uuidText = (words: ArrayLike<number>, at = 0): string => {
  const second = hexOfWord(words[at + 1]);
  const third = hexOfWord(words[at + 2]);
  return (
    `${hexOfWord(words[at])}-${second.slice(0, 4)}-${second.slice(4)}-` +
    `${third.slice(0, 4)}-${third.slice(4)}${hexOfWord(words[at + 3])}`
  );
};

/** The words of a UUID's text in any case, or undefined when it is none. */
export const parseUuid = (text: string): UuidWords | undefined => {
  if (text.length !== TEXT_LENGTH) return undefined;
  const words = new Uint32Array(4);
  let digits = 0;
  for (let at = 0; at < TEXT_LENGTH; at++) {
    const code = text.charCodeAt(at);
    if (isDash[at] === 1) {
      if (code !== DASH) return undefined;
      continue;
    }
    const digit = code < 128 ? digitOf[code] : NO_DIGIT;
    if (digit === NO_DIGIT) return undefined;
    words[digits >> 3] = (words[digits >> 3] << 4) | digit;
    digits++;
  }
  return words;
};

/** The name UUID of version 5 (RFC 9562, section 5.5): SHA-1 of namespace and name. */
export const uuidV5 = (namespace: UuidWords, name: string): UuidWords => {
  const space = Buffer.alloc(16);
  for (let word = 0; word < 4; word++) space.writeUInt32BE(namespace[word], word * 4);
  const digest = createHash('sha1').update(space).update(name, 'utf8').digest();
  const words = Uint32Array.from({ length: 4 }, (_, word) => digest.readUInt32BE(word * 4));
  words[1] = ((words[1] & 0xffff0fff) | 0x5000) >>> 0;
  words[2] = ((words[2] & 0x3fffffff) | 0x80000000) >>> 0;
  return words;
};
