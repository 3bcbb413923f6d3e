const DAYS_BEFORE_1970 = 719_528;
const LEAP = 128;

// Month 0 and months 13-99 have no days, so one comparison refuses them too.
const daysInMonth = new Uint8Array(2 * LEAP);
const daysBeforeMonth = new Uint16Array(2 * LEAP);
const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
for (const leap of [0, 1]) {
  let before = 0;
  lengths.forEach((length, index) => {
    const at = leap * LEAP + index + 1;
    daysInMonth[at] = index === 1 ? length + leap : length;
    daysBeforeMonth[at] = before;
    before += daysInMonth[at];
  });
}

const leapRow = (year: number): number =>
  (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0) ? LEAP : 0;

const daysBeforeYear = (year: number): number => {
  const last = year - 1;
  return 365 * year + Math.floor(last / 4) - Math.floor(last / 100) + Math.floor(last / 400) + 1;
};

/** True when the day (1-based) exists in the month (1-based) of the proleptic Gregorian year. */
export const isCivilDate = (year: number, month: number, day: number): boolean =>
  day > 0 && day <= daysInMonth[leapRow(year) + month];

/** Days from 1970-01-01 to a date for which `isCivilDate` holds; negative before it. */
export const epochDayOf = (year: number, month: number, day: number): number =>
  daysBeforeYear(year) + daysBeforeMonth[leapRow(year) + month] + day - 1 - DAYS_BEFORE_1970;
