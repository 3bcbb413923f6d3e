import { isoDateTimeProblem, parseIsoDateTime } from '../values/iso-date-time.js';
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

/** Zeros are told as "none" by some; it is not used. */
const isUuid = (text: string): boolean =>
  uuidOfText(text) !== undefined || /^[0-]{36}$/.test(cleanText(text));

export type RecordReading =
  | { readonly ok: true; readonly record: UsageRecord }
  | { readonly ok: false; readonly message: string };

type Fields = Readonly<Record<string, unknown>>;

const fieldNames: ReadonlySet<string> = new Set([
  'externalId',
  'recordedAt',
  'msisdn',
  'recordedBytes',
  'internalId',
]);

/** A value, or why it is none. */
type Value<T> =
  | { readonly value: T; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: string };

const textProblem = (value: unknown): string =>
  value === undefined ? 'is missing' : 'must be a text';

const externalIdOf = (value: unknown): Value<Uint32Array> => {
  if (typeof value !== 'string') return { problem: textProblem(value) };
  const { id, problem } = cleanRecordId(value);
  return problem === undefined ? { value: ids.of(id) } : { problem: idProblems[problem] };
};

/** Texts are cleaned as those of a line are (docs/RULES.md, Identity). */
const recordedAtOf = (value: unknown): Value<number> => {
  if (typeof value !== 'string') return { problem: textProblem(value) };
  const text = cleanText(value);
  const epochMs = parseIsoDateTime(text);
  if (!Number.isNaN(epochMs)) return { value: epochMs };
  return { problem: `no time (${isoDateTimeProblem(text)})` };
};

const isMsisdn = /^[1-9]\d{0,14}$/;

const msisdnOf = (value: unknown): Value<number> => {
  if (value === undefined) return { problem: 'is missing' };
  const text = typeof value === 'string' ? cleanText(value) : String(value);
  const isNumber = typeof value === 'string' || typeof value === 'number';
  if (isNumber && isMsisdn.test(text)) return { value: Number(text) };
  return { problem: 'must be 1 to 15 digits without a leading zero' };
};

const bytesOf = (value: unknown): Value<number> => {
  if (value === undefined) return { problem: 'is missing' };
  if (Number.isSafeInteger(value) && Number(value) >= 0) return { value: Number(value) };
  return { problem: 'must be a whole number from 0 to 2^53 - 1' };
};

const isNoneOrUuid = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'string' && isUuid(value));

const mostKeysNamed = 5;
const longestKey = 60;

/** What is said of fields that no record has; undefined when there are none. */
const unknownFields = (fields: Fields): string | undefined => {
  const unknown = Object.keys(fields).filter((name) => !fieldNames.has(name));
  if (unknown.length === 0) return undefined;
  const shown = unknown
    .slice(0, mostKeysNamed)
    .map((name) =>
      JSON.stringify(name.length > longestKey ? `${name.slice(0, longestKey)}…` : name),
    );
  const more = unknown.length > mostKeysNamed ? ` and ${unknown.length - mostKeysNamed} more` : '';
  return `${shown.join(', ')}${more} ${unknown.length === 1 ? 'is' : 'are'} not known`;
};

/** What is wrong with the fields a record does without. */
const otherProblems = (fields: Fields): string[] => {
  const unknown = unknownFields(fields);
  return [
    ...(isNoneOrUuid(fields.internalId) ? [] : ['internalId: must be a UUID']),
    ...(unknown === undefined ? [] : [unknown]),
  ];
};

const problemsOf = (values: Readonly<Record<string, Value<unknown>>>): string[] =>
  Object.entries(values).flatMap(([name, { problem }]) =>
    problem === undefined ? [] : [`${name}: ${problem}`],
  );

/**
 * A record as it stands on topic `incoming-data-records` (docs/WIRE-CONTRACT.md), in parsed JSON.
 * The internalId is not used: the externalId names a record. Fields that are not known are refused.
 * All reasons are told. Never throws.
 */
export const readRecord = (json: unknown): RecordReading => {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { ok: false, message: 'must be an object' };
  }
  const fields = json as Fields;
  const externalId = externalIdOf(fields.externalId);
  const recordedAt = recordedAtOf(fields.recordedAt);
  const msisdn = msisdnOf(fields.msisdn);
  const recordedBytes = bytesOf(fields.recordedBytes);
  const others = otherProblems(fields);
  if (
    externalId.problem !== undefined ||
    recordedAt.problem !== undefined ||
    msisdn.problem !== undefined ||
    recordedBytes.problem !== undefined ||
    others.length > 0
  ) {
    const problems = [...problemsOf({ externalId, recordedAt, msisdn, recordedBytes }), ...others];
    return { ok: false, message: problems.join('; ') };
  }
  return {
    ok: true,
    record: {
      msisdn: msisdn.value,
      recordedAtMs: recordedAt.value,
      recordId: externalId.value,
      recordedBytes: recordedBytes.value,
      fileId: 0,
      lineNo: 0,
    },
  };
};
