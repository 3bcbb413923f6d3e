import { IANAZone } from 'luxon';

const MAX_CACHED_NAMES = 2_000;
const MAX_REMEMBERED_HOURS = 10_000;
const HOUR_MS = 3_600_000;
const zoneName = /^[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*)*$/;

// Old Java names that ICU still knows and IANA does not. Several are ambiguous (BST is Bangladesh
// there), so an operator who writes one gets an error and not a wrong calendar.
const legacyNames = new Set(
  (
    'ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST ' +
    'SST VST'
  ).split(' '),
);

const known = new Map<string, boolean>();

/**
 * True for an IANA time zone name, in its own spelling, that this Node's tz data knows. Names that
 * Intl takes in any case (`europe/warsaw`), offsets (`+01:00`) and ICU's three-letter names are
 * not known: Java, which wrote the first system's agreements, refuses them too.
 */
export function isKnownZone(zone: string): boolean {
  const cached = known.get(zone);
  if (cached !== undefined) return cached;
  if (zone.length > 64) return false;
  // Bounded, because unknown names come from outside.
  if (known.size >= MAX_CACHED_NAMES) known.clear();
  const answer = zoneName.test(zone) && !legacyNames.has(zone) && isKnownToIntl(zone);
  known.set(zone, answer);
  return answer;
}

/** By zone, then by hour since 1970: the offset of an hour in which no clock is changed. */
const steadyHours = new Map<string, Map<number, number>>();
let rememberedHours = 0;

/**
 * What a local clock in the zone is ahead of UTC at an instant (epoch ms), in ms. NaN for an
 * unknown zone. Of luxon only this call is used; its parsing and startOf depend on today's date.
 * It costs some 10 µs, and agreements begin at few instants: so hours are remembered.
 */
export function zoneOffsetMs(zone: string, instantMs: number): number {
  const hour = Math.floor(instantMs / HOUR_MS);
  const remembered = steadyHours.get(zone)?.get(hour);
  if (remembered !== undefined) return remembered;
  const offset = luxonOffsetMs(zone, hour * HOUR_MS);
  if (offset !== luxonOffsetMs(zone, (hour + 1) * HOUR_MS)) return luxonOffsetMs(zone, instantMs);
  remember(zone, hour, offset);
  return offset;
}

function remember(zone: string, hour: number, offset: number): void {
  if (rememberedHours++ >= MAX_REMEMBERED_HOURS) {
    steadyHours.clear();
    rememberedHours = 1;
  }
  const hours = steadyHours.get(zone) ?? new Map<number, number>();
  steadyHours.set(zone, hours.set(hour, offset));
}

function luxonOffsetMs(zone: string, instantMs: number): number {
  return Math.round(IANAZone.create(zone).offset(instantMs) * 60_000);
}

function isKnownToIntl(zone: string): boolean {
  try {
    const options = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions();
    const sameName = options.timeZone.toLowerCase() === zone.toLowerCase();
    return !sameName || options.timeZone === zone;
  } catch {
    return false;
  }
}
