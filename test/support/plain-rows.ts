import { isProvisional, outcomeOf } from '../../src/ingest/index.js';
import type { ColumnBatch, OutMessage } from '../../src/streaming/index.js';
import type { SentMessage } from './checkers.js';
import type { Book, OracleRow } from './oracle-model.js';
import { uuidText } from './uuid-text.js';

export type PlainValue = number | string | Uint8Array | undefined;
export type PlainRow = Readonly<Record<string, PlainValue>>;

/** The rows of a batch as objects; a UUID as text, the one that is all zero as undefined. */
export const plainRows = (batch: ColumnBatch): PlainRow[] => {
  const columns = batch.schema.columns.map((_, index) => batch.column(index));
  return Array.from({ length: batch.length }, (_, row) =>
    Object.fromEntries(
      batch.schema.columns.map(({ name, kind }, index) => {
        const values = columns[index];
        if (kind !== 'uuid') return [name, values[row]];
        return [name, uuidText((values as Uint32Array).subarray(row * 4, row * 4 + 4))];
      }),
    ),
  );
};

/** A status as the oracle has it, from its code in the store. */
export const statusOfRow = (code: number): Pick<OracleRow, 'status' | 'provisional'> => ({
  status: outcomeOf(code),
  ...(isProvisional(code) && { provisional: true }),
});

/** A row of table `usage_record`, in memory or as the store reads it, as the oracle has it. */
export const asOracleRow = (row: PlainRow): OracleRow => ({
  msisdn: row.msisdn as number,
  recordedAtMs: row.recorded_at as number,
  recordId: row.record_id as string,
  version: row.version as number,
  agreementId: row.agreement_id as string | undefined,
  recordedBytes: row.recorded_bytes as number,
  ...statusOfRow(row.status as number),
  fileId: row.file_id as number,
  lineNo: row.line_no as number,
});

/** The books that changes of books add up to, by file; files whose columns are all 0 left out. */
export const booksOf = (changes: Iterable<PlainRow>): Map<number, Book> => {
  const books = new Map<number, Book>();
  for (const change of changes) {
    const fileId = change.file_id as number;
    const zero = { counted: 0, late: 0, waiting: 0, duplicate: 0, rejected: 0 };
    const book = books.get(fileId) ?? zero;
    for (const column of Object.keys(book) as (keyof Book)[]) {
      book[column] += change[column] as number;
    }
    books.set(fileId, book);
  }
  for (const [fileId, book] of books) {
    if (Object.values(book).every((column) => column === 0)) books.delete(fileId);
  }
  return books;
};

/** Month and day by name, always UTC: `Fri Jan 10 23:00:00 UTC 2020` (docs/WIRE-CONTRACT.md). */
const javaDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4}$/;

const readJavaDate = (text: string): number => {
  if (!javaDate.test(text)) throw new Error(`${text} is not a Java date`);
  return Date.parse(text);
};

/** A message as the oracle has it; `latestRecordedAtMs` has whole seconds, as the wire has. */
export const asSentMessage = (message: OutMessage): SentMessage => {
  const value = JSON.parse(message.value) as Record<string, string | number>;
  if (message.key !== value.agreementId) throw new Error('the key is not the agreement');
  return {
    id: Object.values(message.headers).find((header) => /^[0-9a-f-]{36}$/.test(header)) ?? '',
    type: String(value.type),
    agreementId: String(value.agreementId),
    year: Number(value.year),
    month: Number(value.month),
    latestRecordedAtMs: readJavaDate(String(value.latestRecordedAt)),
    recordId: String(value.latestInternalRecordId),
    total: Number(value.totalRecordedBytes),
    timestampMs: message.timestampMs,
    ...(value.delta === undefined ? {} : { delta: Number(value.delta) }),
  };
};

/** The whole second an instant lies in, as a Java date tells it. */
export const wholeSecondMs = (ms: number): number => Math.floor(ms / 1000) * 1000;
