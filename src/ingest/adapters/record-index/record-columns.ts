import { columnsIn, bytesPerRow } from '../../../streaming/index.js';
import { compareIds } from '../../domain/id-order.js';
import { UsageRecordRows } from '../../domain/tables.js';

const { schema } = UsageRecordRows;

/** What rows take in a buffer. */
export const rowsBytes = (capacity: number): number => capacity * bytesPerRow(schema);

/** Rows that lie in a buffer: in a shared one a worker thread can read them where they lie. */
export const rowsInBuffer = (buffer: ArrayBufferLike, capacity: number): UsageRecordRows => {
  const rows = new UsageRecordRows(columnsIn(schema, buffer, capacity));
  rows.length = 0;
  return rows;
};

/** A row of some columns. */
export interface RowAt {
  readonly rows: UsageRecordRows;
  readonly at: number;
}

/** The order of a run: MSISDN, time, record id, version. Total: no two rows are equal. */
export const compareRows = (a: RowAt, b: RowAt): number =>
  a.rows.msisdns[a.at] - b.rows.msisdns[b.at] ||
  a.rows.recordedAtMs[a.at] - b.rows.recordedAtMs[b.at] ||
  compareIds(a, b) ||
  a.rows.versions[a.at] - b.rows.versions[b.at];
