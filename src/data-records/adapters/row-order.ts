import type { RowPlace } from '../domain/period-pages.js';

/** For sorting: falling time, record id (the text of a UUID sorts as its bytes do), version. */
export const falling = (a: RowPlace, b: RowPlace): number =>
  b.recordedAtMs - a.recordedAtMs || byId(b, a) || b.version - a.version;

const byId = (a: RowPlace, b: RowPlace): number =>
  a.recordId < b.recordId ? -1 : Number(a.recordId > b.recordId);
