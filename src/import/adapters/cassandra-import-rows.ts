import { DeadLetterRows } from '../../ingest/index.js';
import {
  inParallel,
  type CassandraSession,
  type Statement,
} from '../../platform/cassandra/index.js';
import { rowsIn, type ColumnBatch } from '../../streaming/index.js';
import { ImportFileRows, ImportProgressRows } from '../domain/tables.js';

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
    const letters = rowsIn(DeadLetterRows, rows);
    const refused = refusedIn(letters);
    const files = rowsIn(ImportFileRows, rows);
    try {
      const counts = await this.#inOrder(() => this.#counts(refused));
      const writes = [
        ...files.flatMap(fileWrites),
        ...lastFileWrites(files),
        ...rowsIn(ImportProgressRows, rows).flatMap(progressWrites),
        ...letters.flatMap(letterWrites),
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

const rowNumbers = ({ length }: ColumnBatch): number[] => Array.from({ length }, (_, row) => row);

const refusedIn = (all: readonly DeadLetterRows[]): Refused[] => {
  const byFile = new Map<number, Refused>();
  for (const letters of all) {
    for (let row = 0; row < letters.length; row++) {
      const fileId = letters.fileIds[row];
      const lineNo = letters.lineNos[row];
      const known = byFile.get(fileId) ?? { fileId, first: lineNo, last: lineNo, lines: 0 };
      byFile.set(fileId, { ...known, last: lineNo, lines: known.lines + 1 });
    }
  }
  return [...byFile.values()];
};

const fileWrites = (files: ImportFileRows): Write[] =>
  rowNumbers(files).map((row) => {
    const id = files.ids[row];
    const bucket = Math.floor(id / filesPerBucket);
    const values = [bucket, id, files.names[row], files.feeds[row], files.bytes[row]];
    const more = [files.inodes[row], files.registeredAtMs[row]];
    return written(insertFile, `file ${bucket}`, [...values, ...more]);
  });

/** The file with the greatest id of each feed. */
const lastFileWrites = (all: readonly ImportFileRows[]): Write[] => {
  const last = new Map<string, { readonly id: number; readonly name: string }>();
  for (const files of all) {
    for (let row = 0; row < files.length; row++) {
      const file = { id: files.ids[row], name: files.names[row] };
      const known = last.get(files.feeds[row]);
      if (known === undefined || file.id > known.id) last.set(files.feeds[row], file);
    }
  }
  return Array.from(last, ([feed, { id, name }]) =>
    written(insertLastFile, 'last files', [feed, id, name, id]),
  );
};

const progressWrites = (all: ImportProgressRows): Write[] =>
  rowNumbers(all).map((row) => {
    const values = [
      ...[all.fileIds[row], all.seqs[row], all.byteOffsets[row], all.lineNos[row], all.lines[row]],
      ...[all.firstRecordedAtMs[row], all.lastRecordedAtMs[row], all.states[row]],
      ...[all.sha256s[row], all.reasons[row], all.atMs[row]],
    ];
    return written(insertProgress, `progress ${all.fileIds[row]}`, values);
  });

const letterWrites = (all: DeadLetterRows): Write[] =>
  rowNumbers(all).map((row) => {
    const fileId = all.fileIds[row];
    const lineNo = all.lineNos[row];
    const bucket = Math.floor(lineNo / linesPerBucket);
    const values = [all.offsets[row], all.codes[row], all.messages[row], all.raws[row]];
    return written(insertLetter, `letter ${fileId} ${bucket}`, [fileId, bucket, lineNo, ...values]);
  });

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
