/**
 * A list of rejects is opened in spreadsheets, which run a cell that begins with `=` and the like,
 * whoever wrote it (CSV injection). Such a cell gets an apostrophe before it, and the line a last
 * cell that says so; a line that ends with this very cell is taken back when it is read again.
 */
const saysSo = Buffer.from(";(each ' put before a cell is taken back)");

/** The last byte of every line that `harmless` wrote: looked at first, as nearly no line has it. */
export const lastOfHarmless = saysSo[saysSo.length - 1];

/** What a cell begins with when it is run, or when it could be taken for one of ours: latin1. */
const begins = String.raw`[=+\-@\t\r'"]|\xef\xbc[\x8b\x8d\x9d\xa0]`; // and the wide forms in UTF-8
/** Where a cell begins, whatever stands between cells in the reader's country. */
const cellStart = String.raw`(?<=^|[;,|\t\r])`;
const unsafe = new RegExp(`${cellStart}(?=${begins})`, 'g');
const apostrophe = new RegExp(`${cellStart}'(?=${begins})`, 'g');

/** The bytes of a line as a spreadsheet shows them and runs none of them. */
export const harmless = (line: Uint8Array): Uint8Array => {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.length);
  const text = bytes.toString('latin1');
  const safe = text.replace(unsafe, "'");
  if (safe === text && !isHarmless(bytes)) return line;
  return Buffer.concat([Buffer.from(safe, 'latin1'), saysSo]);
};

/** Whether `harmless` wrote the line. */
export const isHarmless = (line: Buffer): boolean =>
  line.length >= saysSo.length && line.subarray(-saysSo.length).equals(saysSo);

/** The bytes as they were before `harmless`. */
export const takenBack = (line: Buffer): Buffer => {
  const text = line.toString('latin1', 0, line.length - saysSo.length);
  return Buffer.from(text.replace(apostrophe, ''), 'latin1');
};

/** A note of the list: one cell, that begins with none of these and holds no line break. */
export const harmlessNote = (text: string): Uint8Array =>
  Buffer.from(text.replace(/[;\r\n\t|]/g, ',').replace(/,(?=[=+\-@'"＝＋－＠])/g, ', '));
