import type { DataRecordRow } from '../data-record-store.js';

/** Of each record the row with the greatest version. */
export const newestVersions = (rows: readonly DataRecordRow[]): DataRecordRow[] => {
  const newest = new Map<string, DataRecordRow>();
  for (const row of rows) {
    const identity = `${row.recordedAtMs}/${row.recordId}`;
    const known = newest.get(identity);
    if (known === undefined || row.version > known.version) newest.set(identity, row);
  }
  return [...newest.values()];
};

/** The exact sum: a bigint beyond 2^53 − 1. */
export const sumOf = (bytes: readonly number[]): number | bigint => {
  let sum = 0;
  for (const [at, value] of bytes.entries()) {
    if (Number.isSafeInteger(sum + value)) sum += value;
    else return bytes.slice(at).reduce((large, one) => large + BigInt(one), BigInt(sum));
  }
  return sum;
};

/** The text of a UUID in lower case sorts as its bytes do. */
const byId = (a: DataRecordRow, b: DataRecordRow): number =>
  a.recordId < b.recordId ? -1 : Number(a.recordId > b.recordId);

/** For sorting: falling time, then falling record id. */
export const newestFirst = (a: DataRecordRow, b: DataRecordRow): number =>
  b.recordedAtMs - a.recordedAtMs || byId(b, a);

/** For sorting: the order in which versions were written; those of one event by time and id. */
export const oldestVersionFirst = (a: DataRecordRow, b: DataRecordRow): number =>
  a.version - b.version || a.recordedAtMs - b.recordedAtMs || byId(a, b);
