import { inParallel, type CassandraSession } from '../../platform/cassandra/index.js';
import { startOfFile } from '../domain/line-batches.js';
import { importStates } from '../domain/tables.js';
import type { ImportFile, ImportFileStore, RejectedLine } from '../import-file-store.js';
import { endOfFileIds } from './cassandra-file-ids.js';

type Row = Readonly<Record<string, unknown>>;

/** Ids of one Cassandra partition of table import_file. */
export const filesPerBucket = 4096;
/** Lines of one Cassandra partition of the dead letters of a file. */
const linesPerBucket = 65_536;
const filesPerQuery = 64;
const queriesAtOnce = 8;

const columns = 'id, name, feed, bytes, inode, registered_at';
const ofBucket = `SELECT ${columns} FROM import_file WHERE bucket = ? AND id < ? LIMIT ?`;
const ofId = `SELECT ${columns} FROM import_file WHERE bucket = ? AND id = ?`;
const newestProgress = 'SELECT * FROM import_progress WHERE file_id IN ? PER PARTITION LIMIT 1';
// of each group the first row, which is the one with the greatest version
const newestCounts =
  'SELECT file_id, log_partition, counted, late, waiting, duplicate, rejected ' +
  'FROM import_file_count WHERE file_id IN ? GROUP BY file_id, log_partition';
const rejectsOfBucket =
  'SELECT line_no, code, message, raw FROM dead_letter ' +
  'WHERE file_id = ? AND log_partition = 0 AND bucket = ? AND line_no > ? LIMIT ?';

/** The book of a file: where each of its lines ended. */
export type Book = Pick<ImportFile, 'counted' | 'late' | 'waiting' | 'duplicate' | 'rejected'>;

const emptyBook: Book = { counted: 0, late: 0, waiting: 0, duplicate: 0, rejected: 0 };

const plus = (book: Book, row: Row): Book => ({
  counted: book.counted + Number(row['counted']),
  late: book.late + Number(row['late']),
  waiting: book.waiting + Number(row['waiting']),
  duplicate: book.duplicate + Number(row['duplicate']),
  rejected: book.rejected + Number(row['rejected']),
});

/** Where a file stands: its newest progress and its book. */
export type FileStanding = Omit<
  ImportFile,
  'id' | 'name' | 'feed' | 'bytes' | 'inode' | 'registeredAtMs'
>;

const progressOf = (row: Row): Omit<FileStanding, keyof Book> => ({
  state: importStates[Number(row['state'])],
  sha256: String(row['sha256']),
  reason: String(row['reason']),
  atMs: Number(row['at']),
  seq: Number(row['seq']),
  mark: {
    byteOffset: Number(row['byte_offset']),
    lineNo: Number(row['line_no']),
    lines: Number(row['lines']),
    firstRecordedAtMs: Number(row['first_recorded_at']),
    lastRecordedAtMs: Number(row['last_recorded_at']),
  },
});

/** Of a file whose first progress is on its way. */
const justRegistered = (atMs: number): FileStanding => ({
  ...emptyBook,
  ...{ state: 'queued', sha256: '', reason: '', atMs, seq: 0, mark: startOfFile },
});

const chunksOf = (ids: readonly number[]): number[][] =>
  Array.from({ length: Math.ceil(ids.length / filesPerQuery) }, (_, at) =>
    ids.slice(at * filesPerQuery, (at + 1) * filesPerQuery),
  );

/**
 * Where files stand. The counts in the keyspace are absolute, as of a version of each partition of
 * the log (and of the lines refused before it): the book is the sum over them of the newest.
 */
export const fileStandings = async (
  session: Pick<CassandraSession, 'query'>,
  ids: readonly number[],
): Promise<Map<number, FileStanding>> => {
  const queried = await inParallel(chunksOf(ids), queriesAtOnce, (some) =>
    Promise.all([session.query(newestProgress, [some]), session.query(newestCounts, [some])]),
  );
  const books = new Map<number, Book>();
  for (const row of queried.flatMap(([, counts]) => counts)) {
    const id = Number(row['file_id']);
    books.set(id, plus(books.get(id) ?? emptyBook, row));
  }
  return new Map(
    queried
      .flatMap(([progress]) => progress)
      .map((row) => {
        const id = Number(row['file_id']);
        return [id, { ...progressOf(row), ...(books.get(id) ?? emptyBook) }];
      }),
  );
};

/** Reads the import's tables of the keyspace. */
export class CassandraImportFileStore implements ImportFileStore {
  constructor(private readonly session: Pick<CassandraSession, 'query'>) {}

  async list({ before, limit }: { before: number; limit: number }): Promise<ImportFile[]> {
    const end = Math.min(before, await endOfFileIds(this.session));
    const found: Row[] = [];
    for (let bucket = bucketOf(end - 1); bucket >= 0 && found.length < limit; bucket--) {
      const left = limit - found.length;
      found.push(...(await this.session.query(ofBucket, [bucket, end, left])));
    }
    return this.#withStandings(found);
  }

  async byId(id: number): Promise<ImportFile | undefined> {
    const found = await this.session.query(ofId, [bucketOf(id), id]);
    return (await this.#withStandings(found)).at(0);
  }

  async rejects(
    id: number,
    { after, limit }: { after: number; limit: number },
  ): Promise<RejectedLine[]> {
    const lastLine = (await fileStandings(this.session, [id])).get(id)?.mark.lineNo ?? 0;
    const found: RejectedLine[] = [];
    const last = Math.floor(lastLine / linesPerBucket);
    const first = Math.floor((after + 1) / linesPerBucket);
    for (let bucket = first; bucket <= last && found.length < limit; bucket++) {
      const left = limit - found.length;
      const rows = await this.session.query(rejectsOfBucket, [id, bucket, after, left]);
      found.push(...rows.map(rejectedLine));
    }
    return found;
  }

  async #withStandings(rows: readonly Row[]): Promise<ImportFile[]> {
    const standings = await fileStandings(
      this.session,
      rows.map((row) => Number(row['id'])),
    );
    return rows.map((row) => {
      const id = Number(row['id']);
      const registeredAtMs = Number(row['registered_at']);
      return {
        id,
        name: String(row['name']),
        feed: String(row['feed']),
        bytes: Number(row['bytes']),
        inode: String(row['inode']),
        registeredAtMs,
        ...(standings.get(id) ?? justRegistered(registeredAtMs)),
      };
    });
  }
}

const bucketOf = (id: number): number => Math.floor(id / filesPerBucket);

const rejectedLine = (row: Row): RejectedLine => ({
  lineNo: Number(row['line_no']),
  code: String(row['code']),
  message: String(row['message']),
  raw: row['raw'] as Uint8Array,
});
