import { createHash } from 'node:crypto';

/** A record as its line or its message says it. */
export interface InputRecord {
  readonly msisdn: number;
  readonly recordedAtMs: number;
  readonly recordId: string;
  readonly recordedBytes: number;
}

const date = String.raw`(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)`;
const seconds = String.raw`(?::(?<second>\d\d)(?:\.(?<fraction>\d{1,9}))?)?`;
const clock = String.raw`(?<hour>\d\d):(?<minute>\d\d)${seconds}`;
const offset = String.raw`(?:Z|(?<sign>[+-])(?<hours>\d\d):(?<minutes>\d\d))`;
const time = new RegExp(String.raw`^${date}T${clock}${offset}(\[.+\])?$`);

/** Epoch ms of a time with an offset; the written offset decides. NaN when it is none. */
export const instantOf = (text: string): number => {
  const groups = time.exec(text)?.groups;
  if (groups === undefined) return NaN;
  const number = (name: string): number => Number(groups[name] ?? 0);
  const month = number('month') - 1;
  const milliseconds = Number((groups.fraction ?? '').padEnd(3, '0').slice(0, 3));
  const clockMs = (number('hour') * 60 + number('minute')) * 60_000 + number('second') * 1000;
  const midnight = new Date(Date.UTC(number('year'), month, number('day')));
  const isDate = midnight.getUTCMonth() === month && midnight.getUTCDate() === number('day');
  if (!isDate || number('hour') > 23 || number('minute') > 59) return NaN;
  const aheadMs = (number('hours') * 60 + number('minutes')) * 60_000;
  const localMs = midnight.getTime() + clockMs + milliseconds;
  return groups.sign === '-' ? localMs + aheadMs : localMs - aheadMs;
};

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The namespace of ids of records, as it was given out; fixed for ever. */
const namespace = Buffer.from('7c9f2a5e41b84f0d9e6d3b1c58a07e42', 'hex');

/** The external id when that is a UUID, else a UUID v5 of feed and external id (docs/RULES.md). */
export const recordIdOf = (feed: string, externalId: string): string => {
  if (uuid.test(externalId)) return externalId.toLowerCase();
  const digest = createHash('sha1').update(namespace).update(`${feed};${externalId}`).digest();
  digest[6] = (digest[6] & 0x0f) | 0x50;
  digest[8] = (digest[8] & 0x3f) | 0x80;
  const hex = digest.toString('hex');
  const cuts = [0, 8, 12, 16, 20, 32];
  return cuts
    .slice(1)
    .map((end, at) => hex.slice(cuts[at], end))
    .join('-');
};

const isBytes = (text: string): boolean => /^\d+$/.test(text) && Number.isSafeInteger(Number(text));

/** The record of a CDR line, or undefined when the import has to refuse the line. */
export const recordOfLine = (line: string, feed: string): InputRecord | undefined => {
  const fields = line.split(';');
  if (fields.length !== 4) return undefined;
  const [externalId, recordedAt, msisdn, bytes] = fields;
  const recordedAtMs = instantOf(recordedAt);
  const isGood = externalId !== '' && /^[1-9]\d{0,14}$/.test(msisdn) && isBytes(bytes);
  if (!isGood || Number.isNaN(recordedAtMs)) return undefined;
  const recordId = recordIdOf(feed, externalId);
  return { msisdn: Number(msisdn), recordedAtMs, recordId, recordedBytes: Number(bytes) };
};

/** Lines of a file by their number, from 1; a break at the end begins no further line. */
export const linesOf = (text: string): string[] => {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
};
