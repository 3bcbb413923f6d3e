import { rowsFrom, type ColumnBatch } from '../../streaming/index.js';
import { agreementRows, type AcceptedAgreement } from './agreement-rows.js';
import { DataRecordRows } from './data-record-rows.js';
import { DeadLetterRows, ImportFileCountRows } from './tables.js';

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

/** Rows of table dead_letter. */
export const deadLetterRows = (refusals: readonly Refusal[]): DeadLetterRows =>
  rowsFrom(DeadLetterRows, refusals, {
    offsets: ({ offset }) => offset,
    fileIds: ({ fileId }) => fileId,
    lineNos: ({ lineNo }) => lineNo,
    codes: ({ code }) => code,
    messages: ({ message }) => message,
    raws: ({ raw }) => raw,
  });

/** Changes of a book; what is not named does not change. */
type BookChange = Readonly<Partial<Record<BookColumn, number>>>;

/** Rows of table import_file_count. */
export const bookRows = (
  books: readonly (readonly [fileId: number, change: BookChange])[],
): ImportFileCountRows =>
  rowsFrom(ImportFileCountRows, books, {
    fileIds: ([fileId]) => fileId,
    counted: ([, { counted = 0 }]) => counted,
    late: ([, { late = 0 }]) => late,
    waiting: ([, { waiting = 0 }]) => waiting,
    duplicate: ([, { duplicate = 0 }]) => duplicate,
    rejected: ([, { rejected = 0 }]) => rejected,
  });

/** The counts of a row, in the order of `bookColumns`. */
export const bookOf = (books: ImportFileCountRows, row: number): number[] =>
  bookColumns.map((column) => books[column][row]);

const newBook = (): Record<BookColumn, number> => {
  return { counted: 0, late: 0, waiting: 0, duplicate: 0, rejected: 0 };
};

/** Rows one step causes, gathered while it runs. */
export class StepOutput {
  readonly records: DataRecordRows;
  /** Rows of records that wait or did, by MSISDN: an agreement of this step may release them. */
  readonly rowsOfWaiting = new Map<number, number[]>();
  readonly #books = new Map<number, Record<BookColumn, number>>();
  readonly #refusals: Refusal[] = [];
  readonly #agreements: AcceptedAgreement[] = [];
  #lastFileId = 0;
  #lastBook: Record<BookColumn, number> | undefined;

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
      this.#lastBook = this.#books.get(fileId) ?? newBook();
      this.#books.set(fileId, this.#lastBook);
      this.#lastFileId = fileId;
    }
    this.#lastBook[column] += by;
  }

  refuse(refusal: Refusal): void {
    this.#refusals.push(refusal);
  }

  addAgreement(accepted: AcceptedAgreement): void {
    this.#agreements.push(accepted);
  }

  /** All rows by table; tables without a row are left out. */
  rows(): ColumnBatch[] {
    return [
      this.records,
      bookRows([...this.#books]),
      deadLetterRows(this.#refusals),
      agreementRows(this.#agreements),
    ].filter((batch) => batch.length > 0);
  }
}
