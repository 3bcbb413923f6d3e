import type { GenerateRequest } from './cdr-file-generator.js';

/** Most subscribers of one generate call. */
export const MAX_BATCH_SIZE = 50_000;
/** Most months of one generate call. */
export const MAX_MONTHS = 120;
/** Most subscribers times months of one generate call: 5 million records, 400 MB of lines. */
export const MAX_SUBSCRIBER_MONTHS = 160_000;

/** A readable request, or the code of the first fault in it (see errors.ts of the context). */
export type GenerateRequestReading =
  | { readonly ok: true; readonly request: GenerateRequest }
  | {
      readonly ok: false;
      readonly code:
        'GENERATE_BATCH_SIZE_INVALID' | 'GENERATE_MONTHS_INVALID' | 'GENERATE_TOO_MUCH';
    };

/** Reads the texts of `batch-size` and `months`; either may be missing and is 1 then. */
export function readGenerateRequest(batchSize?: string, months?: string): GenerateRequestReading {
  const size = countUpTo(MAX_BATCH_SIZE, batchSize);
  if (size === undefined) return { ok: false, code: 'GENERATE_BATCH_SIZE_INVALID' };
  const count = countUpTo(MAX_MONTHS, months);
  if (count === undefined) return { ok: false, code: 'GENERATE_MONTHS_INVALID' };
  if (size * count > MAX_SUBSCRIBER_MONTHS) return { ok: false, code: 'GENERATE_TOO_MUCH' };
  return { ok: true, request: { batchSize: size, months: count } };
}

function countUpTo(max: number, text = '1'): number | undefined {
  if (!/^[1-9][0-9]{0,6}$/.test(text)) return undefined;
  const count = Number(text);
  return count <= max ? count : undefined;
}
