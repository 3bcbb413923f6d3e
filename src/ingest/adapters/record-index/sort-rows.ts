import type { RecordColumns } from '../../record-pages.js';
import { compareRows } from './record-columns.js';

const digitBits = 16;
const digits = 1 << digitBits;

/** One stable counting pass over the digit of the MSISDNs that begins at `divisor`. */
const pass = (
  keys: Float64Array,
  order: { readonly from: Uint32Array; readonly to: Uint32Array },
  divisor: number,
): void => {
  const counts = new Uint32Array(digits + 1);
  const { from, to } = order;
  for (const row of from) counts[(Math.floor(keys[row] / divisor) % digits) + 1]++;
  for (let digit = 0; digit < digits; digit++) counts[digit + 1] += counts[digit];
  for (const row of from) to[counts[Math.floor(keys[row] / divisor) % digits]++] = row;
};

/** Rows by MSISDN, rows of one MSISDN as they came: what comes is nearly in order of time. */
const byMsisdn = ({ msisdns, length }: RecordColumns): Uint32Array => {
  let from = Uint32Array.from({ length }, (_, row) => row);
  let to = new Uint32Array(length);
  const most = msisdns.subarray(0, length).reduce((max, value) => Math.max(max, value), 0);
  for (let divisor = 1; divisor <= most; divisor *= digits) {
    pass(msisdns, { from, to }, divisor);
    [from, to] = [to, from];
  }
  return from;
};

/** The rows in the order of a run (`compareRows`), as their places. */
export const sortedRows = (rows: RecordColumns): Uint32Array => {
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
