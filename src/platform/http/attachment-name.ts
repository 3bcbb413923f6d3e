/** What a quoted text of a header may hold: printable ASCII without quote and backslash. */
const notPlain = /[^\x20-\x7e]|["\\%]/g;
/** RFC 8187, attr-char: what need not be escaped there. */
const mustBeEscaped = /[!'()*]/g;

const escaped = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

/**
 * The header content-disposition for a file to be kept under this name (RFC 6266): a plain form,
 * and the whole one in UTF-8 for those who can read it. Folders in the name are left out by those
 * who read it; here they become `_` already.
 */
export const attachmentNamed = (name: string): string => {
  // through UTF-8, so that half a character becomes a whole one
  const flat = Buffer.from(name).toString().replace(/[/\\]/g, '_');
  const plain = flat.replace(notPlain, '_');
  const whole = encodeURIComponent(flat).replace(mustBeEscaped, escaped);
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
};
