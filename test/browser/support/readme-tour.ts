/** The tour as the README has it: how the program is started, and what is then typed. */
export interface Tour {
  readonly env: Readonly<Record<string, string>>;
  readonly command: string;
  readonly blocks: readonly string[];
}

/** A line nothing in the tour prints; it stands between the outputs of two blocks. */
const border = '=== next block of the tour ===';

/**
 * Reads the tour out of the README's text: of its shell blocks the first starts the program, with
 * settings before the command. Throws when the README has no such chapter.
 */
export const readTour = (readme: string): Tour => {
  const [, chapter] = /^## A tour[^\n]*\n(.*?)^## /ms.exec(readme) ?? [];
  if (chapter === undefined) throw new Error('the README has no tour');
  const blocks = [...chapter.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);
  const [start, ...typed] = blocks;
  if (typed.length === 0) throw new Error('the tour of the README has nothing to type');
  const words = start.trim().split(/\s+/);
  const isSetting = (word: string): boolean => /^[A-Z_]+=/.test(word);
  const env = words.filter(isSetting).map((word) => {
    const at = word.indexOf('=');
    return [word.slice(0, at), word.slice(at + 1)];
  });
  const command = words.filter((word) => !isSetting(word)).join(' ');
  return { env: Object.fromEntries(env) as Record<string, string>, command, blocks: typed };
};

/** One bash script of all blocks that ends at the first command, in a pipe too, that fails. */
export const scriptOf = ({ blocks }: Tour): string =>
  [
    'set -eEuo pipefail',
    `trap 'echo "exit code $? of: $BASH_COMMAND" >&2' ERR`,
    blocks.join(`echo '${border}'\n`),
  ].join('\n');

/** What the script printed, block by block. */
export const splitOutput = (output: string): string[] => output.split(`${border}\n`);
