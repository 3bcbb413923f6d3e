import { compareIds } from '../../domain/id-order.js';
import type { RecordColumns } from '../../record-pages.js';

const bytesPerRow = 4 * 8 + 4 * 4 + 2 * 16 + 1;

/** What columns for so many rows take. */
export const columnsBytes = (capacity: number): number => capacity * bytesPerRow;

/** Empty columns in a buffer; in a shared one a worker thread can read them where they lie. */
export const newColumns = (
  capacity: number,
  buffer: ArrayBufferLike = new ArrayBuffer(columnsBytes(capacity)),
): RecordColumns => {
  let at = 0;
  const take = (bytes: number): number => (at += bytes * capacity) - bytes * capacity;
  return {
    length: 0,
    msisdns: new Float64Array(buffer, take(8), capacity),
    recordedAtMs: new Float64Array(buffer, take(8), capacity),
    versions: new Float64Array(buffer, take(8), capacity),
    recordedBytes: new Float64Array(buffer, take(8), capacity),
    recordIds: new Uint32Array(buffer, take(16), capacity * 4),
    agreementIds: new Uint32Array(buffer, take(16), capacity * 4),
    fileIds: new Int32Array(buffer, take(4), capacity),
    lineNos: new Int32Array(buffer, take(4), capacity),
    statuses: new Uint8Array(buffer, take(1), capacity),
  };
};

/** Copies `count` rows that lie one behind the other, and sets the length behind them. */
export const copyRun = (
  from: RecordColumns,
  { at, count }: { readonly at: number; readonly count: number },
  to: RecordColumns,
): void => {
  const end = at + count;
  const target = to.length;
  to.msisdns.set(from.msisdns.subarray(at, end), target);
  to.recordedAtMs.set(from.recordedAtMs.subarray(at, end), target);
  to.versions.set(from.versions.subarray(at, end), target);
  to.recordedBytes.set(from.recordedBytes.subarray(at, end), target);
  to.recordIds.set(from.recordIds.subarray(at * 4, end * 4), target * 4);
  to.agreementIds.set(from.agreementIds.subarray(at * 4, end * 4), target * 4);
  to.fileIds.set(from.fileIds.subarray(at, end), target);
  to.lineNos.set(from.lineNos.subarray(at, end), target);
  to.statuses.set(from.statuses.subarray(at, end), target);
  to.length = target + count;
};

/** Adds one row behind the others; there must be room. */
export const copyRow = (from: RecordColumns, at: number, to: RecordColumns): void => {
  const target = to.length++;
  to.msisdns[target] = from.msisdns[at];
  to.recordedAtMs[target] = from.recordedAtMs[at];
  to.versions[target] = from.versions[at];
  to.recordedBytes[target] = from.recordedBytes[at];
  for (let word = 0; word < 4; word++) {
    to.recordIds[target * 4 + word] = from.recordIds[at * 4 + word];
    to.agreementIds[target * 4 + word] = from.agreementIds[at * 4 + word];
  }
  to.fileIds[target] = from.fileIds[at];
  to.lineNos[target] = from.lineNos[at];
  to.statuses[target] = from.statuses[at];
};

/** A row of some columns. */
export interface RowAt {
  readonly rows: RecordColumns;
  readonly at: number;
}

/** The order of a run: MSISDN, time, record id, version. Total: no two rows are equal. */
export const compareRows = (a: RowAt, b: RowAt): number =>
  a.rows.msisdns[a.at] - b.rows.msisdns[b.at] ||
  a.rows.recordedAtMs[a.at] - b.rows.recordedAtMs[b.at] ||
  compareIds(a, b) ||
  a.rows.versions[a.at] - b.rows.versions[b.at];
