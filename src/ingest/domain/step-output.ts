import { batchOf, type ColumnBatch } from '../../streaming/index.js';
import { agreementRows, type AcceptedAgreement } from './agreement-rows.js';
import { DataRecordRows } from './data-record-rows.js';
import { deadLetterTable, importFileCountTable } from './tables.js';

/** The columns of a file's book, as table import_file_count has them after the file id. */
export const bookColumns = ['counted', 'late', 'waiting', 'duplicate', 'rejected'] as const;
export type BookColumn = (typeof bookColumns)[number];

/** An event that a step refused: where it stands, why, and its text while that is at hand. */
export interface Refusal {
  readonly offset: number;
  readonly fileId: number;
  readonly lineNo: number;
  readonly code: string;
  readonly message: string;
  readonly raw: Uint8Array;
}

type RowValues = readonly (number | string | Uint8Array | Uint32Array)[];

/** Rows one step causes, gathered while it runs. */
export class StepOutput {
  readonly records: DataRecordRows;
  /** Rows of records that wait or did, by MSISDN: an agreement of this step may release them. */
  readonly rowsOfWaiting = new Map<number, number[]>();
  readonly #books = new Map<number, number[]>();
  readonly #refusals: RowValues[] = [];
  readonly #agreements: AcceptedAgreement[] = [];
  #lastFileId = 0;
  #lastBook: number[] | undefined;

  constructor(capacity: number) {
    this.records = new DataRecordRows(capacity);
  }

  /** Told before the row of a record that waits, or did before this row, is added to `records`. */
  noteWaiting(msisdn: number): void {
    const rows = this.rowsOfWaiting.get(msisdn);
    if (rows) rows.push(this.records.length);
    else this.rowsOfWaiting.set(msisdn, [this.records.length]);
  }

  /** Moves a column of a file's book; records without a file have no book. */
  book(fileId: number, column: BookColumn, by = 1): void {
    if (fileId === 0) return;
    if (fileId !== this.#lastFileId || this.#lastBook === undefined) {
      this.#lastBook = this.#books.get(fileId) ?? [0, 0, 0, 0, 0];
      this.#books.set(fileId, this.#lastBook);
      this.#lastFileId = fileId;
    }
    this.#lastBook[bookColumns.indexOf(column)] += by;
  }

  refuse(refusal: Refusal): void {
    const { offset, fileId, lineNo, code, message, raw } = refusal;
    this.#refusals.push([offset, fileId, lineNo, code, message, raw]);
  }

  addAgreement(accepted: AcceptedAgreement): void {
    this.#agreements.push(accepted);
  }

  /** All rows by table; tables without a row are left out. */
  rows(): ColumnBatch[] {
    const books = [...this.#books].map(([fileId, counts]) => [fileId, ...counts]);
    return [
      this.records,
      batchOf(importFileCountTable, books),
      batchOf(deadLetterTable, this.#refusals),
      agreementRows(this.#agreements),
    ].filter((batch) => batch.length > 0);
  }
}
