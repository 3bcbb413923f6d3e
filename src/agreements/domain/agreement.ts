import { parseUuid } from '../../values/uuid.js';
import { isoDateTimeProblem, parseIsoDateTime } from '../../values/iso-date-time.js';
import { formatZonedDateTime, isKnownZone } from '../../values/zoned-date-time.js';
import type { agreementsErrors } from '../errors.js';

/** What a subscriber agreed to. Immutable: a change is a new agreement with an id of its own. */
export interface Agreement {
  /** UUID in lower case, not nil. */
  readonly id: string;
  /** E.164 without the plus sign: 1-15 digits, no leading zero. */
  readonly msisdn: number;
  /** Epoch ms. */
  readonly signedAtMs: number;
  /** Epoch ms; in force from this instant on. */
  readonly serviceStartAtMs: number;
  /** IANA name. */
  readonly billingPeriodTimeZone: string;
  /** Allowance: a safe integer, 0 or more. */
  readonly maxBytesInBillingPeriod: number;
}

/** An agreement as it stands on topic `agreements`, fields in order of docs/WIRE-CONTRACT.md. */
export interface AgreementJson {
  readonly id: string;
  readonly msisdn: string;
  readonly signedAt: string;
  readonly serviceStartAt: string;
  readonly billingPeriodTimeZone: string;
  readonly maxBytesInBillingPeriod: number;
}

/** Codes of an agreement that cannot be read. */
export type AgreementProblem = Exclude<
  keyof typeof agreementsErrors,
  'AGREEMENT_CONFLICT' | 'AGREEMENT_ZONE_NOT_IN_RUNTIME' | 'AGREEMENT_SNAPSHOT_CORRUPT'
>;

export type AgreementReading =
  | { readonly ok: true; readonly agreement: Agreement }
  | { readonly ok: false; readonly code: AgreementProblem; readonly message: string };

type Refusal = Extract<AgreementReading, { ok: false }>;
type Fields = Readonly<Record<keyof AgreementJson, unknown>>;

const fieldNames: readonly (keyof AgreementJson)[] = [
  'id',
  'msisdn',
  'signedAt',
  'serviceStartAt',
  'billingPeriodTimeZone',
  'maxBytesInBillingPeriod',
];
const nilUuid = '00000000-0000-0000-0000-000000000000'; // means "none" in the store
const msisdnDigits = /^[1-9][0-9]{0,14}$/;
const MAX_MSISDN = 999_999_999_999_999;
// Two days inside years 1-9999, so that the local time in every zone can be written and read.
const EARLIEST_MS = Date.parse('0001-01-03T00:00:00Z');
const LATEST_MS = Date.parse('9999-12-30T00:00:00Z');

/**
 * The agreement in parsed wire JSON. Times may be any ISO 8601 form with an offset; digits below a
 * millisecond are cut off. The MSISDN may be text or a whole number; the id is put in lower case.
 * Never throws; the first fault in field order is named. Messages hold no MSISDN.
 */
export function parseAgreement(json: unknown): AgreementReading {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return refuse('AGREEMENT_NOT_OBJECT', 'an agreement is a JSON object');
  }
  const fields = json as Fields;
  const signedAtMs = timeMs(fields.signedAt);
  const serviceStartAtMs = timeMs(fields.serviceStartAt);
  const fault = shapeFault(fields) ?? valueFault(fields, { signedAtMs, serviceStartAtMs });
  if (fault !== undefined) return fault;
  const agreement: Agreement = {
    id: String(fields.id).toLowerCase(),
    msisdn: Number(fields.msisdn),
    signedAtMs,
    serviceStartAtMs,
    billingPeriodTimeZone: String(fields.billingPeriodTimeZone),
    maxBytesInBillingPeriod: Number(fields.maxBytesInBillingPeriod) + 0, // -0 becomes 0
  };
  return { ok: true, agreement };
}

/** The wire form; times as Java writes them in the zone of the agreement. `parseAgreement` of it
 * gives the same agreement. */
export function agreementToJson(agreement: Agreement): AgreementJson {
  const zone = agreement.billingPeriodTimeZone;
  return {
    id: agreement.id,
    msisdn: String(agreement.msisdn),
    signedAt: timeText(agreement.signedAtMs, zone),
    serviceStartAt: timeText(agreement.serviceStartAtMs, zone),
    billingPeriodTimeZone: zone,
    maxBytesInBillingPeriod: agreement.maxBytesInBillingPeriod,
  };
}

const MAX_REMEMBERED_TEXTS = 1_000;
/** By zone, then by instant: many agreements are signed and begin at a few instants. */
const timeTexts = new Map<string, Map<number, string>>();
let rememberedTexts = 0;

function timeText(ms: number, zone: string): string {
  const remembered = timeTexts.get(zone)?.get(ms);
  if (remembered !== undefined) return remembered;
  if (rememberedTexts++ >= MAX_REMEMBERED_TEXTS) {
    timeTexts.clear();
    rememberedTexts = 1;
  }
  const text = formatZonedDateTime(ms, zone);
  timeTexts.set(zone, (timeTexts.get(zone) ?? new Map<number, string>()).set(ms, text));
  return text;
}

/**
 * The text of the wire form, as JSON.stringify writes it: no field has a character that is escaped
 * (the zone is a known name), and a million of them are written while they are posted.
 */
export function agreementText(agreement: Agreement): string {
  const json = agreementToJson(agreement);
  return (
    `{"id":"${json.id}","msisdn":"${json.msisdn}","signedAt":"${json.signedAt}",` +
    `"serviceStartAt":"${json.serviceStartAt}",` +
    `"billingPeriodTimeZone":"${json.billingPeriodTimeZone}",` +
    `"maxBytesInBillingPeriod":${json.maxBytesInBillingPeriod}}`
  );
}

/** True when all fields are equal: the same agreement sent again, not a conflict. */
export function sameAgreement(a: Agreement, b: Agreement): boolean {
  return (
    a.id === b.id &&
    a.msisdn === b.msisdn &&
    a.signedAtMs === b.signedAtMs &&
    a.serviceStartAtMs === b.serviceStartAtMs &&
    a.billingPeriodTimeZone === b.billingPeriodTimeZone &&
    a.maxBytesInBillingPeriod === b.maxBytesInBillingPeriod
  );
}

function shapeFault(fields: Fields): Refusal | undefined {
  const unknown = Object.keys(fields).find((name) => !fieldNames.includes(name as never));
  if (unknown !== undefined) {
    return refuse('AGREEMENT_FIELD_UNKNOWN', `field ${quoted(unknown)} is not known`);
  }
  const missing = fieldNames.find(
    (name) => !Object.hasOwn(fields, name) || (fields[name] ?? null) === null,
  );
  if (missing === undefined) return undefined;
  return refuse('AGREEMENT_FIELD_MISSING', `field "${missing}" is missing`);
}

function valueFault(
  fields: Fields,
  times: Pick<Agreement, 'signedAtMs' | 'serviceStartAtMs'>,
): Refusal | undefined {
  const { id, billingPeriodTimeZone: zone } = fields;
  if (typeof id !== 'string' || parseUuid(id) === undefined || id === nilUuid) {
    return refuse('AGREEMENT_ID_INVALID', `id ${quoted(id)} is not a UUID`);
  }
  if (!isMsisdn(fields.msisdn)) {
    return refuse('AGREEMENT_MSISDN_INVALID', 'msisdn is not 1 to 15 digits, the first not 0');
  }
  const time =
    timeFault('signedAt', fields.signedAt, times.signedAtMs) ??
    timeFault('serviceStartAt', fields.serviceStartAt, times.serviceStartAtMs);
  if (time !== undefined) return time;
  if (typeof zone !== 'string' || !isKnownZone(zone)) {
    const message = `billingPeriodTimeZone ${quoted(zone)} is not a known IANA time zone`;
    return refuse('AGREEMENT_ZONE_UNKNOWN', message);
  }
  return allowanceFault(fields.maxBytesInBillingPeriod);
}

function isMsisdn(value: unknown): boolean {
  if (typeof value === 'string') return msisdnDigits.test(value);
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_MSISDN;
}

function timeMs(value: unknown): number {
  return typeof value === 'string' ? parseIsoDateTime(value) : NaN;
}

function timeFault(name: string, value: unknown, ms: number): Refusal | undefined {
  if (ms >= EARLIEST_MS && ms <= LATEST_MS) return undefined;
  const text = typeof value === 'string' ? value : '';
  const problem = Number.isNaN(ms) ? isoDateTimeProblem(text) : 'out of range';
  const message = `${name} ${quoted(value)} is not a time with an offset (${problem})`;
  return refuse('AGREEMENT_TIME_INVALID', message);
}

function allowanceFault(value: unknown): Refusal | undefined {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return undefined;
  const message = `maxBytesInBillingPeriod ${quoted(value)} is not a whole number from 0 to 2^53-1`;
  return refuse('AGREEMENT_ALLOWANCE_INVALID', message);
}

function refuse(code: AgreementProblem, message: string): Refusal {
  return { ok: false, code, message };
}

// Short, whatever was sent: the text goes into answers and dead letters.
function quoted(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return `of type ${Array.isArray(value) ? 'array' : typeof value}`;
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
