import { z } from 'zod';
import { parseUuid, uuidV5 } from '../streaming/index.js';
import { isoDateTimeProblem, parseIsoDateTime } from '../streaming/time/iso-date-time.js';
import type { UsageRecord } from './domain/usage-events.js';

/** The feed of records that came without a file. */
export const topicFeedName = 'topic';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const maxExternalIdLength = 1024;

const recordJson = z.strictObject({
  externalId: z.string().min(1).max(maxExternalIdLength),
  recordedAt: z.string().max(128),
  msisdn: z.union([
    z.string().regex(/^[1-9]\d{0,14}$/, 'must be 1 to 15 digits without a leading zero'),
    z.number().int().min(1).max(999_999_999_999_999),
  ]),
  recordedBytes: z
    .number()
    .refine((bytes) => Number.isSafeInteger(bytes) && bytes >= 0, 'must be from 0 to 2^53 - 1'),
  internalId: z.string().regex(uuid, 'must be a UUID').nullish(),
});

export type RecordReading =
  | { readonly ok: true; readonly record: UsageRecord }
  | { readonly ok: false; readonly message: string };

/** As the import has it, so that a record has one id however it arrives; fixed for ever. */
const recordNamespace = Uint32Array.of(0x7c9f2a5e, 0x41b84f0d, 0x9e6d3b1c, 0x58a07e42);

/** The record's own id when that is a UUID, else one made from feed and id; never random. */
export const recordIdOf = (feed: string, externalId: string): Uint32Array => {
  const words = parseUuid(externalId);
  // zeros stand for "none" in the rows
  const isOwn = words !== undefined && words.some((word) => word !== 0);
  return isOwn ? words : uuidV5(recordNamespace, `${feed};${externalId}`);
};

const describe = (issue: z.core.$ZodIssue): string =>
  issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;

/**
 * A record as it stands on topic `incoming-data-records` (DESIGN.md §6), in parsed JSON. The
 * internalId is not used: the externalId names a record. Fields that are not known are refused.
 */
export const readRecord = (json: unknown): RecordReading => {
  const result = recordJson.safeParse(json);
  if (!result.success) {
    return { ok: false, message: result.error.issues.map(describe).join('; ') };
  }
  const { externalId, recordedAt, msisdn, recordedBytes } = result.data;
  const recordedAtMs = parseIsoDateTime(recordedAt);
  if (Number.isNaN(recordedAtMs)) {
    return { ok: false, message: `recordedAt: no time (${isoDateTimeProblem(recordedAt)})` };
  }
  return {
    ok: true,
    record: {
      msisdn: Number(msisdn),
      recordedAtMs,
      recordId: recordIdOf(topicFeedName, externalId),
      recordedBytes,
      fileId: 0,
      lineNo: 0,
    },
  };
};
