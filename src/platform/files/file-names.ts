import { isUtf8 } from 'node:buffer';

/** The longest name of a file, in bytes, that common file systems take. */
const longestNameBytes = 255;

/** A name as text; bytes of a name that is not UTF-8 are shown as `%` and two digits. */
export const shownName = (bytes: Uint8Array): string => {
  if (isUtf8(bytes)) return Buffer.from(bytes).toString();
  return Array.from(bytes, (byte) =>
    byte < 128 ? String.fromCharCode(byte) : `%${byte.toString(16)}`,
  ).join('');
};

/** The name, its end cut off at a character where it leaves no room for so many bytes more. */
export const cutName = (name: string, moreBytes: number): string => {
  const bytes = Buffer.from(name);
  let end = Math.min(bytes.length, longestNameBytes - moreBytes);
  while (end < bytes.length && (bytes[end] & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
};
