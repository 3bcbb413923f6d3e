/** A calendar month in a time zone, half-open [startMs, endMs). */
export interface Month {
  readonly year: number;
  readonly month: number;
  readonly startMs: number;
  readonly endMs: number;
}

const dayMs = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();
const months = new Map<string, Month[]>();

/** Months since year 0 of the local date, by the tables of the runtime. */
const monthNumber = (zone: string, ms: number): number => {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
      ...{ timeZone: zone, year: 'numeric', month: '2-digit' },
    });
    formats.set(zone, format);
  }
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  return (parts.get('year') ?? NaN) * 12 + (parts.get('month') ?? NaN) - 1;
};

/** The first instant in (from, to] at which the month is no longer that of `from`. */
const nextTurn = (zone: string, from: number, to: number): number => {
  const before = monthNumber(zone, from);
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (monthNumber(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
};

/** The billing period of an instant: the calendar month in the zone (docs/RULES.md). */
export const monthAt = (zone: string, ms: number): Month => {
  let known = months.get(zone);
  if (known === undefined) months.set(zone, (known = []));
  const found = known.find(({ startMs, endMs }) => startMs <= ms && ms < endMs);
  if (found !== undefined) return found;
  const number = monthNumber(zone, ms);
  let inMonthBefore = ms;
  while (monthNumber(zone, inMonthBefore) === number) inMonthBefore -= dayMs;
  const startMs = nextTurn(zone, inMonthBefore, ms);
  const endMs = nextTurn(zone, startMs, startMs + 33 * dayMs);
  const month = { year: Math.floor(number / 12), month: (number % 12) + 1, startMs, endMs };
  known.push(month);
  return month;
};
