import { z } from 'zod';
import { httpErrors } from './errors.js';
import { refusal } from './refusal.js';

const describe = (issue: z.core.$ZodIssue): string => {
  const path = issue.path.join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
};

/** What is wrong with a value, one sentence for all faults of it; undefined when nothing is. */
export const faultsOf = (error: z.ZodError): string => error.issues.map(describe).join('; ');

/** The value in the given shape, or a refusal (400 REQUEST_INVALID) that names every fault. */
export const shaped = <S extends z.ZodType>(schema: S, value: unknown): z.output<S> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw refusal(httpErrors, 'REQUEST_INVALID', { status: 400, message: faultsOf(result.error) });
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
