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

/** Endings that programs give a file while they write or transfer it, in lower case. */
const unfinishedEndings = [
  ...['~', '.tmp', '.temp', '.part', '.partial', '.filepart', '.inprogress', '.in-progress'],
  ...['.in_progress', '.incomplete', '.unfinished', '.crdownload', '.download', '.opdownload'],
  ...['.upload', '.uploading', '.transfer', '.transferring', '.writing', '.copying', '._copying_'],
  ...['.gstmp', '.swp', '.aria2', '.!ut', '.bc!', '.lck', '.lock'],
];

/** True for names that writers give a file that is not whole yet; `more` endings in any case. */
export const isUnfinishedName = (name: string, more: readonly string[] = []): boolean => {
  if (/^(tmp|[._~])/.test(name)) return true;
  const lower = name.toLowerCase();
  const endsIn = (ending: string): boolean => lower.endsWith(ending.toLowerCase());
  return unfinishedEndings.some(endsIn) || more.some(endsIn);
};
