import { Fault } from '../streaming/index.js';

/** Why a task does not run, as it is shown. */
export const causeText = (cause: unknown): string | undefined => {
  if (cause === undefined) return undefined;
  return cause instanceof Fault ? `${cause.code}: ${cause.message}` : String(cause);
};

/** What a person does about it, where the fault says so. */
export const nextText = (cause: unknown): string | undefined =>
  cause instanceof Fault ? cause.next : undefined;

/** The line of the log when nothing goes on: what stopped, why, and what to do. */
export const failedLine = (what: string, cause: unknown): string =>
  [what, causeText(cause), nextText(cause)]
    .flatMap((part) => (part === undefined ? [] : [part.replace(/\.?$/, '.')]))
    .join(' ');
