import { epochDayOf, isCivilDate } from './civil-date.js';
import { zoneOffsetMs } from './time-zone.js';
import { isKnownZoneBytes } from './zone-bytes.js';

export { isKnownZone, zoneOffsetMs } from './time-zone.js';

/** Why a text is not a zoned date and time. */
export type ZonedDateTimeProblem =
  'TIME_WITHOUT_OFFSET' | 'TIME_UNKNOWN_ZONE' | 'TIME_IMPOSSIBLE' | 'TIME_MALFORMED';

const MIN_LENGTH = 17; // yyyy-MM-ddTHH:mmZ
const MAX_LENGTH = 128;
const MAX_OFFSET_SECONDS = 18 * 3600;

const DASH = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const COLON = 0x3a;
const UPPER_T = 0x54;
const UPPER_Z = 0x5a;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const ZERO = 0x30;

// Where the next part starts. Parts read without asking for `end` each time; a text that ends too
// early is found at the end, as the cursor then stands behind it.
let cursor = 0;

/**
 * Epoch milliseconds of Java ZonedDateTime text in bytes[start, end): `yyyy-MM-ddTHH:mm`, optional
 * `:ss` and 1-9 fraction digits, an offset (`Z`, `+hh:mm`, `+hh:mm:ss`, at most 18 h), and an
 * optional zone in brackets that must be known. The written offset decides the instant, also when
 * it contradicts the zone. Digits below a millisecond are cut off (floor, also before 1970).
 * NaN for anything else; `zonedDateTimeProblem` then says why. Does not allocate.
 */
export function parseZonedDateTime(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < MIN_LENGTH || length > MAX_LENGTH || bytes[start + 10] !== UPPER_T) return NaN;
  const localSeconds = epochDay(bytes, start) * 86_400 + secondOfDay(bytes, start + 11);
  const fractionMs = bytes[cursor] === DOT ? fraction(bytes, end) : 0;
  const offset = offsetSeconds(bytes, end);
  if (cursor !== end && !isBracketedZone(bytes, end)) return NaN;
  return (localSeconds - offset) * 1000 + fractionMs;
}

/** Why `parseZonedDateTime` gave NaN for the same bytes; meaningless for a text it can read. */
export function zonedDateTimeProblem(
  bytes: Uint8Array,
  start: number,
  end: number,
): ZonedDateTimeProblem {
  if (end - start > MAX_LENGTH) return 'TIME_MALFORMED';
  const text = String.fromCharCode(...bytes.subarray(start, end));
  const parts = shape.exec(text);
  if (parts === null) return 'TIME_MALFORMED';
  const { offset, zone } = parts.groups as { offset?: string; zone?: string };
  if (offset === undefined) return 'TIME_WITHOUT_OFFSET';
  const withoutZone = parseZonedDateTime(bytes, start, end - (zone ?? '').length);
  return Number.isNaN(withoutZone) ? 'TIME_IMPOSSIBLE' : 'TIME_UNKNOWN_ZONE';
}

/**
 * The text Java's ZonedDateTime.toString gives for an instant (epoch ms) in a known zone, e.g.
 * `2020-01-01T00:00+01:00[Europe/Warsaw]`: seconds only when they or the milliseconds are not 0.
 */
export function formatZonedDateTime(ms: number, zone: string): string {
  const offset = zoneOffsetMs(zone, ms);
  const iso = new Date(ms + offset).toISOString();
  const minutes = iso.slice(0, -8);
  // years of more than four digits have a sign, and Java writes no more zeros than it must
  const start = iso.length === 24 ? minutes : minutes.replace(/^([+-])0{1,2}(?=\d{4})/, '$1');
  const seconds = iso.slice(-8, -1); // :ss.SSS
  const isWholeSecond = seconds.endsWith('.000');
  const rest = seconds === ':00.000' ? '' : isWholeSecond ? seconds.slice(0, 3) : seconds;
  return `${start}${rest}${offsetText(offset)}[${zone}]`;
}

const shape = new RegExp(
  [
    String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?`,
    String.raw`(?<offset>Z|[+-]\d\d:\d\d(:\d\d)?)?(?<zone>\[[^[\]]*\])?$`,
  ].join(''),
);

// Negative when a byte is not a digit, so that a caller can test several pairs with one OR.
function pair(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - ZERO;
  const units = bytes[at + 1] - ZERO;
  return tens >>> 0 < 10 && units >>> 0 < 10 ? tens * 10 + units : -1;
}

function epochDay(bytes: Uint8Array, start: number): number {
  const century = pair(bytes, start);
  const yearOfCentury = pair(bytes, start + 2);
  const month = pair(bytes, start + 5);
  const day = pair(bytes, start + 8);
  const year = century * 100 + yearOfCentury;
  if ((century | yearOfCentury | month | day) < 0 || year === 0) return NaN;
  if (bytes[start + 4] !== DASH || bytes[start + 7] !== DASH) return NaN;
  return isCivilDate(year, month, day) ? epochDayOf(year, month, day) : NaN;
}

function secondOfDay(bytes: Uint8Array, at: number): number {
  const hour = pair(bytes, at);
  const minute = pair(bytes, at + 3);
  let second = 0;
  cursor = at + 5;
  if (bytes[cursor] === COLON) {
    second = pair(bytes, at + 6);
    cursor = at + 8;
  }
  if ((hour | minute | second) < 0 || bytes[at + 2] !== COLON) return NaN;
  return hour > 23 || minute > 59 || second > 59 ? NaN : hour * 3600 + minute * 60 + second;
}

function fraction(bytes: Uint8Array, end: number): number {
  const first = cursor + 1;
  let ms = 0;
  let at = first;
  for (let unit = 100; at < end && (bytes[at] - ZERO) >>> 0 < 10; at++) {
    ms += (bytes[at] - ZERO) * unit;
    unit = (unit / 10) | 0;
  }
  // A fraction needs seconds before it: `HH:mm.5` is not a time.
  const hasSeconds = bytes[cursor - 3] === COLON && bytes[cursor - 6] === COLON;
  cursor = at;
  return at === first || at > first + 9 || !hasSeconds ? NaN : ms;
}

function offsetSeconds(bytes: Uint8Array, end: number): number {
  const sign = bytes[cursor];
  if (sign === UPPER_Z) {
    cursor += 1;
    return 0;
  }
  if ((sign !== PLUS && sign !== DASH) || bytes[cursor + 3] !== COLON) return NaN;
  const hours = pair(bytes, cursor + 1);
  const minutes = pair(bytes, cursor + 4);
  cursor += 6;
  const seconds = offsetEndSeconds(bytes, end);
  if ((hours | minutes | seconds) < 0 || minutes > 59) return NaN;
  const total = hours * 3600 + minutes * 60 + seconds;
  if (total > MAX_OFFSET_SECONDS) return NaN;
  return sign === DASH ? -total : total;
}

function offsetEndSeconds(bytes: Uint8Array, end: number): number {
  // a whole time may end here, and what is behind it may be anything, also a colon
  if (cursor >= end || bytes[cursor] !== COLON) return 0;
  const seconds = pair(bytes, cursor + 1);
  cursor += 3;
  return seconds > 59 ? -1 : seconds;
}

function isBracketedZone(bytes: Uint8Array, end: number): boolean {
  return (
    cursor < end &&
    bytes[cursor] === OPEN &&
    bytes[end - 1] === CLOSE &&
    isKnownZoneBytes(bytes, cursor + 1, end - 1)
  );
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, '0');
}

function offsetText(offsetMs: number): string {
  if (offsetMs === 0) return 'Z';
  const total = Math.abs(offsetMs) / 1000;
  const seconds = total % 60 === 0 ? '' : `:${two(total % 60)}`;
  return `${offsetMs < 0 ? '-' : '+'}${two(total / 3600)}:${two((total / 60) % 60)}${seconds}`;
}
