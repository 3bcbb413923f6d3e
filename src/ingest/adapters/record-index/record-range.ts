import { compareIds } from '../../domain/id-order.js';
import type { UsageRecordRows } from '../../domain/tables.js';
import type { RecordPlace } from '../../record-pages.js';
import type { RowAt } from './record-columns.js';

/** Negative when the row comes before the place in the order of a run, 0 when it is the place. */
export const compareWithPlace = (row: RowAt, place: RecordPlace): number => {
  const { rows, at } = row;
  const order = rows.recordedAtMs[at] - place.recordedAtMs;
  if (order !== 0) return order;
  const id = { rows: { recordIds: place.recordId }, at: 0 };
  return compareIds(row, id) || rows.versions[at] - place.version;
};

/** Rows in falling order of `compareRows`: the row at `at`, until `next` answers false. */
export interface FallingRows {
  readonly rows: UsageRecordRows;
  readonly at: number;
  next(): boolean;
}
