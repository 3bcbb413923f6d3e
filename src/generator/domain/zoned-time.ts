import { IANAZone } from 'luxon';
import { dayMs, demoZone } from './seeds.js';

const hourMs = 3_600_000;
const minuteMs = 60_000;
const MAX_CACHED_HOURS = 4096;
const zone = IANAZone.create(demoZone);
const hours = new Map<number, { prefix: string; suffix: string }>();

/**
 * An instant (ms) as the text of Java's ZonedDateTime in the zone of the demo data, for example
 * `2020-01-02T00:00+01:00[Europe/Warsaw]`: seconds and milliseconds only when not 0.
 */
export function zonedText(instantMs: number): string {
  const hour = Math.floor(instantMs / hourMs);
  const inHourMs = instantMs - hour * hourMs;
  const { prefix, suffix } = hours.get(hour) ?? cacheHour(hour);
  return prefix + minutesText(inHourMs) + suffix;
}

/** The calendar date of an instant (ms) in the zone of the demo data, `YYYY-MM-DD`. */
export function localDateText(instantMs: number): string {
  return new Date(localMs(instantMs)).toISOString().slice(0, 10);
}

/**
 * The instant (ms) whole calendar months later at the same local time, the day cut to the length
 * of the month, as Java's ZonedDateTime.plusMonths: a time in a gap moves forward by the gap.
 */
export function plusMonths(instantMs: number, months: number): number {
  const local = new Date(localMs(instantMs));
  const day = local.getUTCDate();
  local.setUTCDate(1);
  local.setUTCMonth(local.getUTCMonth() + months);
  const daysInMonth = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 0));
  local.setUTCDate(Math.min(day, daysInMonth.getUTCDate()));
  return instantOf(local.getTime());
}

/**
 * Instants 24 h apart from `startMs` on, all before `startMs` plus `months` calendar months and
 * none behind `untilMs`, and where the next call goes on; `isCut` when `untilMs` left some out.
 * Elapsed hours, not calendar days: the first system adds seconds, so its records are at 00:00 in
 * winter and at 01:00 in summer.
 */
export function dailyInstants(startMs: number, months: number, untilMs = Infinity) {
  const endMs = plusMonths(startMs, months);
  const instantsMs: number[] = [];
  let nextMs = startMs;
  for (; nextMs < endMs && nextMs <= untilMs; nextMs += dayMs) instantsMs.push(nextMs);
  return { instantsMs, nextMs, isCut: nextMs < endMs };
}

function localMs(instantMs: number): number {
  return instantMs + zone.offset(instantMs) * minuteMs;
}

function instantOf(wallMs: number): number {
  const before = wallMs - zone.offset(wallMs - 1.5 * dayMs) * minuteMs;
  const after = wallMs - zone.offset(wallMs + 1.5 * dayMs) * minuteMs;
  return localMs(after) === wallMs && localMs(before) !== wallMs ? after : before;
}

// Offsets of this zone are whole hours and change on whole hours UTC in the years of the demo
// data, so all instants of one UTC hour share the text around their minutes.
function cacheHour(hour: number) {
  if (hours.size >= MAX_CACHED_HOURS) hours.clear();
  const offset = zone.offset(hour * hourMs);
  const sign = offset < 0 ? '-' : '+';
  const absolute = Math.abs(offset);
  const local = new Date(localMs(hour * hourMs)).toISOString();
  const entry = {
    prefix: local.slice(0, 14),
    suffix: `${sign}${two(Math.floor(absolute / 60))}:${two(absolute % 60)}[${demoZone}]`,
  };
  hours.set(hour, entry);
  return entry;
}

function minutesText(inHourMs: number): string {
  const minutes = two(Math.floor(inHourMs / minuteMs));
  const inMinuteMs = inHourMs % minuteMs;
  if (inMinuteMs === 0) return minutes;
  const seconds = `${minutes}:${two(Math.floor(inMinuteMs / 1000))}`;
  const ms = inMinuteMs % 1000;
  return ms === 0 ? seconds : `${seconds}.${String(ms).padStart(3, '0')}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
