import { deadLetterTable, DeadLetterRows, importFileCountTable } from '../../ingest/index.js';
import {
  inParallel,
  insertAt,
  insertInto,
  parametersOf,
  type CassandraSession,
  type ColumnValue,
  type Statement,
} from '../../platform/cassandra/index.js';
import { rowsIn, type ColumnBatch } from '../../streaming/index.js';
import { ImportFileRows, ImportProgressRows } from '../domain/tables.js';
import { feedLastFileTable, importFileTable, importProgressTable } from './cassandra-tables.js';

/** Of the counts: the lines that the import refused before they came into the log. */
const beforeTheLog = -1;
const filesPerBucket = 4096;
const linesPerBucket = 65_536;
/** Cassandra refuses a batch of 50 KiB; a row has some bytes besides its values. */
const bytesPerBatch = 24 * 1024;
const bytesBesides = 100;
const batchesAtOnce = 16;

const insertFile = insertInto(importFileTable).cql;
// the greatest id wins, whichever is written last
const insertLastFile = insertAt(feedLastFileTable).cql;
const insertProgress = insertInto(importProgressTable).cql;
const insertLetter = insertInto(deadLetterTable).cql;
const insertCount = insertInto(importFileCountTable).cql;
const countBelow =
  'SELECT rejected FROM import_file_count ' +
  'WHERE file_id = ? AND log_partition = ? AND version < ? LIMIT 1';

/** A row to be written; those of one Cassandra partition go together. */
interface Write extends Statement {
  readonly partition: string;
  readonly bytes: number;
}

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
      writes.push(countWrite(fileId, last, refused));
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

const countWrite = (fileId: number, version: number, rejected: number): Write => {
  const values = parametersOf(importFileCountTable, {
    ...{ file_id: fileId, log_partition: beforeTheLog, version, rejected },
    ...{ counted: 0, late: 0, waiting: 0, duplicate: 0 },
  });
  return written(insertCount, `count ${fileId}`, values);
};

const fileWrites = (files: ImportFileRows): Write[] =>
  rowNumbers(files).map((row) => {
    const id = files.ids[row];
    const bucket = Math.floor(id / filesPerBucket);
    const values = parametersOf(importFileTable, {
      ...{ bucket, id, name: files.names[row], feed: files.feeds[row], bytes: files.bytes[row] },
      ...{ inode: files.inodes[row], registered_at: files.registeredAtMs[row] },
    });
    return written(insertFile, `file ${bucket}`, values);
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
  return Array.from(last, ([feed, { id, name }]) => {
    const values = { one: 0, feed, file_id: id, name };
    const row = parametersOf(feedLastFileTable, values);
    return written(insertLastFile, 'last files', [...row, id]);
  });
};

const progressWrites = (all: ImportProgressRows): Write[] =>
  rowNumbers(all).map((row) => {
    const fileId = all.fileIds[row];
    const values = parametersOf(importProgressTable, {
      ...{ file_id: fileId, seq: all.seqs[row], byte_offset: all.byteOffsets[row] },
      ...{ line_no: all.lineNos[row], lines: all.lines[row] },
      first_recorded_at: all.firstRecordedAtMs[row],
      last_recorded_at: all.lastRecordedAtMs[row],
      ...{ state: all.states[row], sha256: all.sha256s[row], reason: all.reasons[row] },
      at: all.atMs[row],
    });
    return written(insertProgress, `progress ${fileId}`, values);
  });

const letterWrites = (all: DeadLetterRows): Write[] =>
  rowNumbers(all).map((row) => {
    const fileId = all.fileIds[row];
    const lineNo = all.lineNos[row];
    const bucket = Math.floor(lineNo / linesPerBucket);
    const values = parametersOf(deadLetterTable, {
      ...{ file_id: fileId, log_partition: 0, bucket, line_no: lineNo },
      ...{ offset: all.offsets[row], code: all.codes[row], message: all.messages[row] },
      raw: all.raws[row],
    });
    return written(insertLetter, `letter ${fileId} ${bucket}`, values);
  });

const written = (query: string, partition: string, values: readonly ColumnValue[]): Write => ({
  query,
  partition,
  params: values.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value)),
  bytes: values.reduce<number>((sum, value) => sum + bytesOf(value), bytesBesides),
});

const bytesOf = (value: ColumnValue): number =>
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
