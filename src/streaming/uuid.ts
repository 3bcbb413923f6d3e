import { createHash } from 'node:crypto';

/** A UUID inside the program: four 32-bit words, most significant first. */
export type UuidWords = Uint32Array;

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
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
  if (!pattern.test(text)) return undefined;
  const hex = text.replaceAll('-', '');
  return Uint32Array.of(
    parseInt(hex.slice(0, 8), 16),
    parseInt(hex.slice(8, 16), 16),
    parseInt(hex.slice(16, 24), 16),
    parseInt(hex.slice(24, 32), 16),
  );
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
