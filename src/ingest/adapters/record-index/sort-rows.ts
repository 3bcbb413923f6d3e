import type { UsageRecordRows } from '../../domain/tables.js';
import { compareRows } from './record-columns.js';

const digitBits = 16;
const digits = 1 << digitBits;
const twoTo32 = 4_294_967_296;

/** One stable counting pass over a digit of the keys; false when all rows have the same. */
const pass = (
  keys: Int32Array,
  order: { readonly from: Uint32Array; readonly to: Uint32Array },
  shift: number,
): boolean => {
  const { from, to } = order;
  const places = new Uint32Array(digits);
  for (let row = 0; row < keys.length; row++) places[(keys[row] >>> shift) & (digits - 1)]++;
  if (places[(keys[0] >>> shift) & (digits - 1)] === keys.length) return false;
  for (let digit = 0, place = 0; digit < digits; digit++) {
    const rows = places[digit];
    places[digit] = place;
    place += rows;
  }
  for (let at = 0; at < from.length; at++) {
    const row = from[at];
    to[places[(keys[row] >>> shift) & (digits - 1)]++] = row;
  }
  return true;
};

/** Rows by MSISDN, rows of one MSISDN as they came: what comes is nearly in order of time. */
const byMsisdn = ({ msisdns, length }: UsageRecordRows): Uint32Array => {
  let from = new Uint32Array(length);
  let to = new Uint32Array(length);
  const low = new Int32Array(length);
  const high = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    from[row] = row;
    high[row] = Math.floor(msisdns[row] / twoTo32);
    low[row] = (msisdns[row] - high[row] * twoTo32) | 0;
  }
  for (const keys of [low, high]) {
    for (const shift of [0, digitBits]) {
      if (length > 0 && pass(keys, { from, to }, shift)) [from, to] = [to, from];
    }
  }
  return from;
};

/** The rows in the order of a run (`compareRows`), as their places. */
export const sortedRows = (rows: UsageRecordRows): Uint32Array => {
  const order = byMsisdn(rows);
  const a = { rows, at: 0 };
  const b = { rows, at: 0 };
  const compare = (left: number, right: number): number => {
    a.at = left;
    b.at = right;
    return compareRows(a, b);
  };
  for (let start = 0; start < order.length;) {
    const msisdn = rows.msisdns[order[start]];
    let end = start + 1;
    let isSorted = true;
    for (; end < order.length && rows.msisdns[order[end]] === msisdn; end++) {
      if (compare(order[end - 1], order[end]) > 0) isSorted = false;
    }
    if (!isSorted) order.subarray(start, end).sort(compare);
    start = end;
  }
  return order;
};
