/** A UUID as its four words, most significant first. */
export const uuidWords = (text: string): Uint32Array => {
  const hex = text.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/.test(hex)) throw new Error(`${text} is not a UUID`);
  return Uint32Array.from([0, 8, 16, 24], (at) => parseInt(hex.slice(at, at + 8), 16));
};

/** Four words as a UUID's text; undefined for the one that is all zero and means none. */
export const uuidText = (words: ArrayLike<number>): string | undefined => {
  const hex = Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');
  if (/^0+$/.test(hex)) return undefined;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};
