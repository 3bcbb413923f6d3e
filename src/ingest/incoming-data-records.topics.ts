import { z } from 'zod';
import { plainWords } from '../platform/http/request-shape.js';
import { isoDateTimeProblem, parseIsoDateTime } from '../streaming/time/iso-date-time.js';
import {
  cleanRecordId,
  cleanText,
  mostIdBytes,
  RecordIds,
  uuidOfText,
  type RecordIdProblem,
} from './domain/record-id.js';
import type { UsageRecord } from './domain/usage-events.js';

/** The feed of records that came without a file. */
export const topicFeedName = 'topic';

const ids = new RecordIds(topicFeedName);

const idProblems: Readonly<Record<RecordIdProblem, string>> = {
  empty: 'must not be empty',
  character: 'must not have quotes, control or invisible characters inside of it',
  'too-long': `must not be longer than ${mostIdBytes} bytes`,
};

/** Texts are cleaned as those of a line are (docs/RULES.md, Identity). */
const text = z.string().transform(cleanText);

const recordJson = z.strictObject({
  externalId: z.string().transform((externalId, context) => {
    const { id, problem } = cleanRecordId(externalId);
    if (problem === undefined) return ids.of(id);
    context.addIssue(idProblems[problem]);
    return z.NEVER;
  }),
  recordedAt: text.pipe(z.string().max(128)),
  msisdn: z.union([
    text.pipe(z.string().regex(/^[1-9]\d{0,14}$/, 'must be 1 to 15 digits without a leading zero')),
    z.number().int().min(1).max(999_999_999_999_999),
  ]),
  recordedBytes: z
    .number()
    .refine((bytes) => Number.isSafeInteger(bytes) && bytes >= 0, 'must be from 0 to 2^53 - 1'),
  internalId: z
    .string()
    .refine((internalId) => isUuid(internalId), 'must be a UUID')
    .nullish(),
});

/** Zeros are told as "none" by some; it is not used. */
const isUuid = (text: string): boolean =>
  uuidOfText(text) !== undefined || /^[0-]{36}$/.test(cleanText(text));

export type RecordReading =
  | { readonly ok: true; readonly record: UsageRecord }
  | { readonly ok: false; readonly message: string };

const describe = (issue: z.core.$ZodIssue): string =>
  issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;

/**
 * A record as it stands on topic `incoming-data-records` (DESIGN.md §6), in parsed JSON. The
 * internalId is not used: the externalId names a record. Fields that are not known are refused.
 */
export const readRecord = (json: unknown): RecordReading => {
  const result = recordJson.safeParse(json, { error: plainWords });
  if (!result.success) {
    return { ok: false, message: result.error.issues.map(describe).join('; ') };
  }
  const { externalId: recordId, recordedAt, msisdn, recordedBytes } = result.data;
  const recordedAtMs = parseIsoDateTime(recordedAt);
  if (Number.isNaN(recordedAtMs)) {
    return { ok: false, message: `recordedAt: no time (${isoDateTimeProblem(recordedAt)})` };
  }
  return {
    ok: true,
    record: {
      msisdn: Number(msisdn),
      recordedAtMs,
      recordId,
      recordedBytes,
      fileId: 0,
      lineNo: 0,
    },
  };
};
