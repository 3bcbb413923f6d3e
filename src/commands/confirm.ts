import { createInterface } from 'node:readline/promises';
import { Fault } from '../streaming/index.js';
import { commandErrors } from './errors.js';

/** How a person answers: what is printed to them, and the answer they type. */
export type Ask = (question: string) => Promise<string>;

/** Asks on the terminal; undefined where there is none, as in a script. */
export const askOnTerminal = (): Ask | undefined => {
  if (!process.stdin.isTTY) return undefined;
  return async (question) => {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return await terminal.question(question);
    } finally {
      terminal.close();
    }
  };
};

/**
 * Goes on only when a person types the word. Rejects with NOT_CONFIRMED when they type another one
 * or nobody can be asked; with `yes` nobody is.
 */
export const confirm = async (
  word: string,
  { yes, ask }: { readonly yes: boolean; readonly ask: Ask | undefined },
): Promise<void> => {
  if (yes) return;
  const answer = await ask?.(`Type ${word} to go on: `);
  if (answer?.trim() === word) return;
  const { reaction, meaning } = commandErrors.NOT_CONFIRMED;
  throw new Fault('NOT_CONFIRMED', reaction, meaning);
};
