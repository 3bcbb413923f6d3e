import { deadLetterTable } from '../../ingest/index.js';
import {
  inParallel,
  type CassandraSession,
  type Statement,
} from '../../platform/cassandra/index.js';
import type { ColumnBatch } from '../../streaming/index.js';
import { importFileTable, importProgressTable } from '../domain/tables.js';

/** Of the counts: the lines that the import refused before they came into the log. */
const beforeTheLog = -1;
const filesPerBucket = 4096;
const linesPerBucket = 65_536;
/** Cassandra refuses a batch of 50 KiB; a row has some bytes besides its values. */
const bytesPerBatch = 24 * 1024;
const bytesBesides = 100;
const batchesAtOnce = 16;

const insertFile =
  'INSERT INTO import_file (bucket, id, name, feed, bytes, inode, registered_at) ' +
  'VALUES (?, ?, ?, ?, ?, ?, ?)';
// the greatest id wins, whichever is written last
const insertLastFile =
  'INSERT INTO feed_last_file (one, feed, file_id, name) VALUES (0, ?, ?, ?) USING TIMESTAMP ?';
const insertProgress =
  'INSERT INTO import_progress (file_id, seq, byte_offset, line_no, lines, first_recorded_at, ' +
  'last_recorded_at, state, sha256, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
const insertLetter =
  'INSERT INTO dead_letter (file_id, log_partition, bucket, line_no, "offset", code, message, ' +
  'raw) VALUES (?, 0, ?, ?, ?, ?, ?, ?)';
const insertCount =
  'INSERT INTO import_file_count (file_id, log_partition, version, counted, late, waiting, ' +
  'duplicate, rejected) VALUES (?, ?, ?, 0, 0, 0, 0, ?)';
const countBelow =
  'SELECT rejected FROM import_file_count ' +
  'WHERE file_id = ? AND log_partition = ? AND version < ? LIMIT 1';

/** A row to be written; those of one Cassandra partition go together. */
interface Write extends Statement {
  readonly partition: string;
  readonly bytes: number;
}

type Value = number | string | Uint8Array;

/** The lines of a file that were refused in one append, the first and the last of them. */
interface Refused {
  readonly fileId: number;
  readonly first: number;
  readonly last: number;
  readonly lines: number;
}

/**
 * Writes the rows of the import into the keyspace: files, progress, refused lines, and how many of
 * those a file has. They are written before the transaction they belong to, and writing them again
 * leaves the same rows: a count says how many lines up to a line number were refused, which is a
 * matter of the file alone, however its lines were cut into appends.
 */
export class CassandraImportRows {
  /** By file, what the writes on their way will have made of its count. */
  readonly #coming = new Map<number, { readonly last: number; readonly refused: number }>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly session: Pick<CassandraSession, 'query' | 'batch'>) {}

  /** Resolves when all rows are there. Calls may overlap; lines of a file come in their order. */
  async write(rows: readonly ColumnBatch[]): Promise<void> {
    const letters = rowsOf(rows, deadLetterTable.name);
    const refused = refusedIn(letters);
    const files = rowsOf(rows, importFileTable.name);
    try {
      const counts = await this.#inOrder(() => this.#counts(refused));
      const writes = [
        ...files.map(fileWrite),
        ...lastFilesOf(files).map(lastFileWrite),
        ...rowsOf(rows, importProgressTable.name).map(progressWrite),
        ...letters.map(letterWrite),
        ...counts,
      ];
      await inParallel(batchesOf(writes), batchesAtOnce, (batch) => this.session.batch(batch));
    } finally {
      // from here on what is stored tells: another importer may go on with the file
      for (const { fileId, last } of refused) {
        if (this.#coming.get(fileId)?.last === last) this.#coming.delete(fileId);
      }
    }
  }

  async #counts(all: readonly Refused[]): Promise<Write[]> {
    const writes: Write[] = [];
    for (const { fileId, first, last, lines } of all) {
      const before = this.#coming.get(fileId)?.refused ?? (await this.#storedBelow(fileId, first));
      const refused = before + lines;
      this.#coming.set(fileId, { last, refused });
      writes.push(written(insertCount, `count ${fileId}`, [fileId, beforeTheLog, last, refused]));
    }
    return writes;
  }

  async #storedBelow(fileId: number, line: number): Promise<number> {
    const [row] = await this.session.query(countBelow, [fileId, beforeTheLog, line]);
    return row === undefined ? 0 : Number(row['rejected']);
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

/** The rows of one table as values in column order. */
const rowsOf = (batches: readonly ColumnBatch[], table: string): Value[][] =>
  batches
    .filter(({ schema }) => schema.name === table)
    .flatMap((batch) => {
      const columns = batch.schema.columns.map((_, index) => batch.column(index));
      return Array.from({ length: batch.length }, (_, row) => columns.map((values) => values[row]));
    });

const refusedIn = (letters: readonly Value[][]): Refused[] => {
  const byFile = new Map<number, Refused>();
  for (const [, file, line] of letters) {
    const [fileId, lineNo] = [Number(file), Number(line)];
    const known = byFile.get(fileId) ?? { fileId, first: lineNo, last: lineNo, lines: 0 };
    byFile.set(fileId, { ...known, last: lineNo, lines: known.lines + 1 });
  }
  return [...byFile.values()];
};

const fileWrite = ([id, ...values]: Value[]): Write => {
  const bucket = Math.floor(Number(id) / filesPerBucket);
  return written(insertFile, `file ${bucket}`, [bucket, id, ...values]);
};

/** The file with the greatest id of each feed. */
const lastFilesOf = (files: readonly Value[][]): Value[][] => {
  const last = new Map<Value, Value[]>();
  for (const file of files) {
    const [id, , feed] = file;
    const known = last.get(feed);
    if (known === undefined || Number(id) > Number(known[0])) last.set(feed, file);
  }
  return [...last.values()];
};

const lastFileWrite = ([id, name, feed]: Value[]): Write =>
  written(insertLastFile, 'last files', [feed, id, name, id]);

const progressWrite = (values: Value[]): Write =>
  written(insertProgress, `progress ${values[0]}`, values);

const letterWrite = ([offset, fileId, lineNo, code, message, raw]: Value[]): Write => {
  const bucket = Math.floor(Number(lineNo) / linesPerBucket);
  const values = [fileId, bucket, lineNo, offset, code, message, raw];
  return written(insertLetter, `letter ${fileId} ${bucket}`, values);
};

const written = (query: string, partition: string, values: readonly Value[]): Write => ({
  query,
  partition,
  params: values.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value)),
  bytes: values.reduce<number>((sum, value) => sum + bytesOf(value), bytesBesides),
});

const bytesOf = (value: Value): number =>
  typeof value === 'number' ? 8 : Buffer.byteLength(value);

/** Rows of one Cassandra partition in batches that are not too large. */
const batchesOf = (writes: readonly Write[]): Statement[][] => {
  const open = new Map<string, { batch: Statement[]; bytes: number }>();
  const batches: Statement[][] = [];
  for (const { partition, bytes, query, params } of writes) {
    let filled = open.get(partition);
    if (filled === undefined || filled.bytes + bytes > bytesPerBatch) {
      filled = { batch: [], bytes: 0 };
      open.set(partition, filled);
      batches.push(filled.batch);
    }
    filled.batch.push({ query, params });
    filled.bytes += bytes;
  }
  return batches;
};
