import { z } from 'zod';
import { httpErrors } from './errors.js';
import { refusal } from './refusal.js';

const describe = (issue: z.core.$ZodIssue): string => {
  const path = issue.path.join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
};

/** What is wrong with a value, one sentence for all faults of it; undefined when nothing is. */
export const faultsOf = (error: z.ZodError): string => error.issues.map(describe).join('; ');

const wordsOfTypes: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

const quoted = (text: string): string =>
  JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

const wordsOfKeys = (keys: readonly string[]): string => {
  const shown = keys.slice(0, 5).map(quoted).join(', ');
  const more = keys.length > 5 ? ` and ${keys.length - 5} more` : '';
  return `${shown}${more} ${keys.length === 1 ? 'is' : 'are'} not known`;
};

const wordsOfBound = (origin: string, bound: string): string =>
  origin === 'string' || origin === 'array' ? `must have a length of ${bound}` : `must be ${bound}`;

/** Our own words for what a schema has none for, so that no text of the library shows through. */
export const plainWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'unrecognized_keys') return wordsOfKeys(issue.keys);
  if (issue.code === 'too_small') return wordsOfBound(issue.origin, `at least ${issue.minimum}`);
  if (issue.code === 'too_big') return wordsOfBound(issue.origin, `at most ${issue.maximum}`);
  if (issue.code !== 'invalid_type') return 'is not what it has to be';
  if (issue.input === undefined) return 'is missing';
  return `must be ${wordsOfTypes[issue.expected] ?? 'of another type'}`;
};

/** The value in the given shape, or a refusal (400 REQUEST_INVALID) that names every fault. */
export const shaped = <S extends z.ZodType>(schema: S, value: unknown): z.output<S> => {
  const result = schema.safeParse(value, { error: plainWords });
  if (result.success) return result.data;
  throw refusal(httpErrors, 'REQUEST_INVALID', { status: 400, message: faultsOf(result.error) });
};

/** A part of a path in the given shape, or a refusal (400 REQUEST_INVALID) that names it. */
export const shapedPart = <S extends z.ZodType>(
  name: string,
  schema: S,
  value: unknown,
): z.output<S> => {
  const result = schema.safeParse(value, { error: plainWords });
  if (result.success) return result.data;
  const message = `${name}: ${faultsOf(result.error)}`;
  throw refusal(httpErrors, 'REQUEST_INVALID', { status: 400, message });
};

/** A whole number in a path or a query: digits only, so not `1e3`, ` 5` or `0x10`. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));

export const uuidText = z
  .string()
  .regex(
    /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/,
    'must be a UUID',
  );

/** Most items of one page of a list. */
export const pageLimit = wholeNumber(1, 1000);

/** A subscriber number as text (E.164 without the plus sign), read as a whole number. */
export const msisdnText = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'must be 1 to 15 digits without a leading zero')
  .transform(Number);
