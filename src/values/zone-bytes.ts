import { isKnownZone } from './time-zone.js';

const MAX_LENGTH = 64;
const SLOTS = 256;
// Ids of Java's ZoneId that are an offset with a name; toString writes them in brackets as well.
const namedOffset = /^(UTC|GMT|UT)([+-](((0\d|1[0-7]):[0-5]\d(:[0-5]\d)?)|18:00))?$/;

enum SlotState {
  Empty,
  Known,
  Unknown,
}

// One slot per hash, overwritten on a collision: bounded whatever names the input invents.
const names = new Uint8Array(SLOTS * MAX_LENGTH);
const lengths = new Uint8Array(SLOTS);
const states = new Uint8Array(SLOTS);

// Slot and length of the zone asked for last. Real files name one zone for long runs.
let lastSlot = 0;
let lastLength = 0;

/**
 * True when the bytes are the name of a zone that may stand in brackets behind a time: an IANA
 * name or a named offset such as `UTC+01:00`. Allocates only for a name it has not seen lately.
 */
export function isKnownZoneBytes(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start === lastLength) {
    const offset = lastSlot * MAX_LENGTH;
    let at = 0;
    while (at < lastLength && names[offset + at] === bytes[start + at]) at++;
    if (at === lastLength) return states[lastSlot] === SlotState.Known;
  }
  return findSlot(bytes, start, end);
}

function findSlot(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < 1 || length > MAX_LENGTH) return false;
  let hash = length;
  for (let at = start; at < end; at++) hash = Math.imul(hash, 31) + bytes[at];
  const slot = (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (SLOTS - 1);
  if (!holds(slot, bytes, { start, length })) fill(slot, bytes, { start, length });
  lastSlot = slot;
  lastLength = length;
  return states[slot] === SlotState.Known;
}

function holds(slot: number, bytes: Uint8Array, { start, length }: Run): boolean {
  if (lengths[slot] !== length || states[slot] === SlotState.Empty) return false;
  const offset = slot * MAX_LENGTH;
  for (let at = 0; at < length; at++) {
    if (names[offset + at] !== bytes[start + at]) return false;
  }
  return true;
}

function fill(slot: number, bytes: Uint8Array, { start, length }: Run): void {
  const name = bytes.subarray(start, start + length);
  const text = String.fromCharCode(...name);
  names.set(name, slot * MAX_LENGTH);
  lengths[slot] = length;
  const known = namedOffset.test(text) || isKnownZone(text);
  states[slot] = known ? SlotState.Known : SlotState.Unknown;
}

interface Run {
  readonly start: number;
  readonly length: number;
}
