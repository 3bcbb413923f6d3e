import { epochDayOf } from './civil-date.js';
import {
  parseZonedDateTime,
  zonedDateTimeProblem,
  type ZonedDateTimeProblem,
} from './zoned-date-time.js';

const MAX_LENGTH = 128;
const iso = new RegExp(
  [
    String.raw`^(?<year>\d{4})(?<sep>-?)`,
    String.raw`(?:(?<month>\d\d)\k<sep>(?<day>\d\d)|(?<ordinal>\d{3})|`,
    String.raw`W(?<week>\d\d)\k<sep>(?<weekday>\d))`,
    String.raw`T(?<hour>\d\d)(?::?(?<minute>\d\d)(?::?(?<second>\d\d)`,
    String.raw`(?:[.,](?<fraction>\d+))?)?)?`,
    String.raw`(?:z|(?<sign>[+-])(?<offsetHour>\d\d)`,
    String.raw`(?::?(?<offsetMinute>\d\d)(?::?(?<offsetSecond>\d\d))?)?)`,
    String.raw`(?<zone>\[[^[\]]*\])?$`,
  ].join(''),
  'i',
);

type Parts = Readonly<Record<string, string | undefined>>;

/**
 * Epoch milliseconds of any ISO 8601 date and time with an offset: Java ZonedDateTime text, and
 * besides it the basic form, ordinal and week dates, a comma before the fraction, more than nine
 * fraction digits, hours alone, offsets `+hh` and `+hhmm`, lower case `t` and `z`. Not read:
 * fractions of hours and minutes, years beyond 9999, 24:00. NaN when it is none of these.
 */
export function parseIsoDateTime(text: string): number {
  const strict = parseText(text);
  return Number.isNaN(strict) ? parseText(javaText(text)) : strict;
}

/** Why `parseIsoDateTime` gave NaN for the same text. */
export function isoDateTimeProblem(text: string): ZonedDateTimeProblem {
  const bytes = new TextEncoder().encode(javaText(text));
  return zonedDateTimeProblem(bytes, 0, bytes.length);
}

// Room for the longest text; used again for each, as a million agreements bring many.
const scratch = new Uint8Array(MAX_LENGTH * 3);
const encoder = new TextEncoder();

function parseText(text: string): number {
  if (text.length > MAX_LENGTH) return NaN;
  const { written } = encoder.encodeInto(text, scratch);
  return parseZonedDateTime(scratch, 0, written);
}

/** The same instant as Java writes it; the text itself when it is not ISO 8601. */
function javaText(text: string): string {
  if (text.length > MAX_LENGTH) return text.slice(0, MAX_LENGTH + 1);
  const parts = iso.exec(text)?.groups;
  if (parts === undefined) return text;
  return `${dateText(parts)}T${timeText(parts)}${offsetText(parts)}${parts.zone ?? ''}`;
}

function timeText({ hour, minute = '00', second = '00', fraction }: Parts): string {
  const fractionText = fraction === undefined ? '' : `.${fraction.slice(0, 9)}`;
  return `${hour}:${minute}:${second}${fractionText}`;
}

function offsetText({ sign, offsetHour, offsetMinute = '00', offsetSecond }: Parts): string {
  if (sign === undefined) return 'Z';
  const seconds = offsetSecond === undefined ? '' : `:${offsetSecond}`;
  return `${sign}${offsetHour}:${offsetMinute}${seconds}`;
}

function dateText(parts: Parts): string {
  const { year, month, day } = parts;
  if (month !== undefined) return `${year}-${month}-${day}`;
  const epochDay = parts.week === undefined ? ordinalDay(parts) : weekDay(parts);
  if (epochDay === undefined) return `${year}-00-00`; // impossible, and said to be so
  return new Date(epochDay * 86_400_000).toISOString().slice(0, 10);
}

function ordinalDay(parts: Parts): number | undefined {
  const newYear = epochDayOf(Number(parts.year), 1, 1);
  const ordinal = Number(parts.ordinal);
  const days = epochDayOf(Number(parts.year) + 1, 1, 1) - newYear;
  return ordinal >= 1 && ordinal <= days ? newYear + ordinal - 1 : undefined;
}

function weekDay(parts: Parts): number | undefined {
  const week = Number(parts.week);
  const weekday = Number(parts.weekday);
  const day = firstMonday(Number(parts.year)) + (week - 1) * 7 + weekday - 1;
  const inYear = week >= 1 && day < firstMonday(Number(parts.year) + 1);
  return inYear && weekday >= 1 && weekday <= 7 ? day : undefined;
}

/** Week 1 is the week of 4 January (ISO 8601); day 4 of 1970-01 was a Sunday. */
function firstMonday(year: number): number {
  const fourth = epochDayOf(year, 1, 4);
  const daysSinceMonday = (((fourth + 3) % 7) + 7) % 7;
  return fourth - daysSinceMonday;
}
