import type { z } from 'zod';
import type { SettingsFaultCode } from './errors.js';

/** One fault: where it was written, what is wrong, and its stable code. */
export interface SettingsFault {
  readonly path: string;
  readonly message: string;
  readonly code: SettingsFaultCode;
}

/** The text of a file, or undefined when there is none of that name; may throw. */
export type ReadFile = (path: string) => string | undefined;

const codeOf = (issue: z.core.$ZodIssue): SettingsFaultCode =>
  issue.code === 'too_small' || issue.code === 'too_big'
    ? 'SETTING_OUT_OF_BOUNDS'
    : 'SETTING_INVALID';

/** The faults of one value that was written at `path`. */
export const faultsOf = (path: string, error: z.ZodError): SettingsFault[] =>
  error.issues.map((issue) => ({ path, message: issue.message, code: codeOf(issue) }));
