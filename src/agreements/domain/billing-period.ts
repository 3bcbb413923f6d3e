import { Fault } from '../../streaming/fault.js';
import { isKnownZone, zoneOffsetMs } from '../../values/zoned-date-time.js';

const dayMs = 86_400_000;
const meanMonthMs = 30.436875 * dayMs; // of the Gregorian calendar
// Further from a month start than any zone is from UTC, nearer than any two changes of its clock.
const reachMs = 1.5 * dayMs;
const FIRST_CACHED = periodFromYearMonth(1990, 1);
const CACHED_PERIODS = 80 * 12;

/** The billing period of a calendar month (1-12) as one whole number: year × 12 + month − 1. */
export function periodFromYearMonth(year: number, month: number): number {
  return year * 12 + month - 1;
}

/** The calendar year of a period. */
export function yearOf(periodIndex: number): number {
  return Math.floor(periodIndex / 12);
}

/** The calendar month of a period, 1-12. */
export function monthOf(periodIndex: number): number {
  return periodIndex - yearOf(periodIndex) * 12 + 1;
}

/**
 * Billing periods of one zone: calendar months of local time, half-open [start, end), in epoch ms.
 * A start is the first instant whose local date is the 1st of the month; an instant at exactly
 * 00:00 of the 1st is in the new month (docs/RULES.md).
 */
export class BillingCalendar {
  readonly zone: string;
  // The period asked for last: records mostly arrive in order of time.
  #period = 0;
  #startMs = NaN;
  #endMs = NaN;
  // Starts of 1990-2069 once they are known, NaN until then.
  #starts: Float64Array | undefined;

  /** Throws AGREEMENT_ZONE_NOT_IN_RUNTIME when the tz data does not know the zone. */
  constructor(zone: string) {
    if (!isKnownZone(zone)) {
      const message = `time zone ${zone} is not known to tz data ${process.versions.tz}`;
      throw new Fault('AGREEMENT_ZONE_NOT_IN_RUNTIME', 'Fatal', message, { facts: { zone } });
    }
    this.zone = zone;
  }

  /** The period an instant lies in. Does not allocate; about 10 ns for the period asked last. */
  periodOf(instantMs: number): number {
    if (instantMs >= this.#startMs && instantMs < this.#endMs) return this.#period;
    return this.#find(instantMs);
  }

  /** First instant of a period. */
  startMs(periodIndex: number): number {
    const at = periodIndex - FIRST_CACHED;
    if (at < 0 || at >= CACHED_PERIODS) return monthStartMs(this.zone, periodIndex);
    const starts = (this.#starts ??= new Float64Array(CACHED_PERIODS).fill(NaN));
    if (Number.isNaN(starts[at])) starts[at] = monthStartMs(this.zone, periodIndex);
    return starts[at];
  }

  /** First instant behind a period, which is the start of the next one. */
  endMs(periodIndex: number): number {
    return this.startMs(periodIndex + 1);
  }

  #find(instantMs: number): number {
    // A guess by the mean month is at most one period off; the starts decide.
    const sinceYear2000 = instantMs - 946_684_800_000;
    let period = periodFromYearMonth(2000, 1) + Math.floor(sinceYear2000 / meanMonthMs);
    let startMs = this.startMs(period);
    while (instantMs < startMs) startMs = this.startMs(--period);
    let endMs = this.endMs(period);
    while (instantMs >= endMs) {
      period++;
      startMs = endMs;
      endMs = this.endMs(period);
    }
    this.#period = period;
    this.#startMs = startMs;
    this.#endMs = endMs;
    return period;
  }
}

const calendars = new Map<string, BillingCalendar>();

/** The calendar of a known zone, one per zone and process. Throws as BillingCalendar does. */
export function billingCalendar(zone: string): BillingCalendar {
  let calendar = calendars.get(zone);
  if (calendar === undefined) {
    calendar = new BillingCalendar(zone);
    calendars.set(zone, calendar);
  }
  return calendar;
}

/** First instant (epoch ms) of a period in a known zone. */
export function periodStartMs(zone: string, periodIndex: number): number {
  return billingCalendar(zone).startMs(periodIndex);
}

/** First instant (epoch ms) behind a period in a known zone. */
export function periodEndMs(zone: string, periodIndex: number): number {
  return billingCalendar(zone).endMs(periodIndex);
}

/** The period an instant (epoch ms) lies in, in a known zone; loops keep the BillingCalendar. */
export function periodOf(zone: string, instantMs: number): number {
  return billingCalendar(zone).periodOf(instantMs);
}

function monthStartMs(zone: string, periodIndex: number): number {
  const localMs = new Date(0).setUTCFullYear(yearOf(periodIndex), monthOf(periodIndex) - 1, 1);
  return firstInstantAt(localMs, (instantMs) => zoneOffsetMs(zone, instantMs));
}

/**
 * The first instant at which a clock shows a local time (ms as if it were UTC), or the instant it
 * skips it. `offsetAt` is what the clock is ahead of UTC (ms) at an instant. The rule:
 * of the two instants that may show it, the earlier one that does; else the skip is searched.
 */
export function firstInstantAt(localMs: number, offsetAt: (instantMs: number) => number): number {
  const one = localMs - offsetAt(localMs - reachMs);
  const other = localMs - offsetAt(localMs + reachMs);
  const earlier = Math.min(one, other);
  if (earlier + offsetAt(earlier) === localMs) return earlier;
  const later = Math.max(one, other);
  if (later + offsetAt(later) === localMs) return later;
  let before = localMs - reachMs;
  let behind = localMs + reachMs;
  while (behind - before > 1) {
    const middle = Math.floor((before + behind) / 2);
    if (middle + offsetAt(middle) >= localMs) behind = middle;
    else before = middle;
  }
  return behind;
}
