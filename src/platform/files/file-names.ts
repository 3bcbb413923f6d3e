import { isUtf8 } from 'node:buffer';

/** The longest name of a file, in bytes, that common file systems take. */
const longestNameBytes = 255;

const backslash = 0x5c;

/**
 * A name as text, another one for each name: bytes of a name that is not UTF-8 are shown as `\\x`
 * and two digits, and so are the backslashes of one, and of a name that looks like such a text.
 */
export const shownName = (bytes: Uint8Array): string => {
  const text = isUtf8(bytes) ? Buffer.from(bytes).toString() : undefined;
  if (text !== undefined) return text.replace(/\\(?=x[0-9a-f]{2})/g, '\\x5c');
  return Array.from(bytes, (byte) =>
    byte < 128 && byte !== backslash ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`,
  ).join('');
};

/** A name in done/ or failed/, where files lie under the name they are shown by. */
export const endedName = (bytes: Uint8Array): string =>
  isUtf8(bytes) ? Buffer.from(bytes).toString() : shownName(bytes);

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
  ...[
    '.open',
    '.wip',
    '.incomp',
    '.ftp',
    '.gstmp',
    '.swp',
    '.aria2',
    '.!ut',
    '.bc!',
    '.lck',
    '.lock',
  ],
];

/** A second transfer of the same name; `.part.1` may be a whole part of something. */
const numberedTransfer = /(?<=\.filepart)\.\d+$/;

/** True for names that writers give a file that is not whole yet; `more` endings in any case. */
export const isUnfinishedName = (name: string, more: readonly string[] = []): boolean => {
  if (/^(tmp|[._~])/.test(name)) return true;
  const lower = name.toLowerCase().replace(numberedTransfer, '');
  const endsIn = (ending: string): boolean => lower.endsWith(ending.toLowerCase());
  return unfinishedEndings.some(endsIn) || more.some(endsIn);
};
