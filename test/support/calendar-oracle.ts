/**
 * Billing periods by another road than the program's: only the platform's date formatter is asked
 * which month it is somewhere, and the first instant of a month is searched for.
 */
export interface OraclePeriod {
  readonly year: number;
  readonly month: number;
  readonly startMs: number;
  readonly endMs: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const formatters = new Map<string, Intl.DateTimeFormat>();

const formatterOf = (zone: string): Intl.DateTimeFormat => {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone: zone,
      year: 'numeric',
      month: 'numeric',
    });
    formatters.set(zone, formatter);
  }
  return formatter;
};

/** Months since year 0 of the local calendar of a zone at an instant. */
const localMonthNumber = (zone: string, atMs: number): number => {
  const [month, year] = formatterOf(zone).format(atMs).split('/').map(Number);
  return year * 12 + month - 1;
};

/** The first instant at which a zone's calendar shows the month or a later one. */
const startOfMonthMs = (zone: string, monthNumber: number): number => {
  const utcStart = Date.UTC(Math.floor(monthNumber / 12), monthNumber % 12, 1);
  let after = utcStart - 30 * hourMs;
  while (localMonthNumber(zone, after) < monthNumber) after += 15 * minuteMs;
  let before = after - 15 * minuteMs;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (localMonthNumber(zone, middle) < monthNumber) before = middle;
    else after = middle;
  }
  return after;
};

const periods = new Map<string, OraclePeriod>();

const periodOfMonth = (zone: string, monthNumber: number): OraclePeriod => {
  const key = `${zone} ${monthNumber}`;
  let period = periods.get(key);
  if (period === undefined) {
    period = {
      year: Math.floor(monthNumber / 12),
      month: (monthNumber % 12) + 1,
      startMs: startOfMonthMs(zone, monthNumber),
      endMs: startOfMonthMs(zone, monthNumber + 1),
    };
    periods.set(key, period);
  }
  return period;
};

/** The half-open calendar month [start, end) of a zone that an instant lies in. */
export const periodAt = (zone: string, atMs: number): OraclePeriod => {
  const shown = localMonthNumber(zone, atMs);
  const next = periodOfMonth(zone, shown + 1);
  // Where a clock goes back over midnight of the 1st the old month is shown once more.
  return next.startMs <= atMs ? next : periodOfMonth(zone, shown);
};
