import type { ColumnBatch } from '../../../streaming/index.js';
import type { RecordColumns } from '../../record-pages.js';
import { usageRecordTable } from '../../domain/tables.js';
import { copyRow, copyRun, newColumns } from './record-columns.js';

/** Rows that are collected; the columns grow. */
export class FoundRows {
  #rows = newColumns(16);

  add(rows: RecordColumns, at: number): void {
    const { length } = this.#rows;
    if (length === this.#rows.statuses.length) {
      const larger = newColumns(length * 2);
      copyRun(this.#rows, { at: 0, count: length }, larger);
      this.#rows = larger;
    }
    copyRow(rows, at, this.#rows);
  }

  /** As rows of the table. */
  get batch(): ColumnBatch {
    const rows = this.#rows;
    const columns = [
      ...[rows.msisdns, rows.recordedAtMs, rows.recordIds, rows.versions, rows.agreementIds],
      ...[rows.recordedBytes, rows.statuses, rows.fileIds, rows.lineNos],
    ];
    return { schema: usageRecordTable, length: rows.length, column: (index) => columns[index] };
  }
}
