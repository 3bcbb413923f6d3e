import type { EmbeddedDatabase } from '../../platform/embedded/index.js';
import { importStates, type ImportState } from '../domain/tables.js';
import type { ImportFile, ImportFileStore } from '../import-file-store.js';
import type { ImportJournal } from '../import-journal.js';
import type { StoredFile } from './unknown-files.js';

const inState = (...states: ImportState[]): string =>
  `f.id IN (SELECT file_id FROM import_progress GROUP BY file_id
    HAVING arg_max(state, seq) IN (${states.map((state) => importStates.indexOf(state)).join()}))`;

/** Files with their progress in force and the sums of their books; reads no other file's rows. */
const select = (where: string, order: string): string => `
  WITH wanted AS (SELECT * FROM import_file f WHERE ${where} ${order}),
  standing AS (
    SELECT * FROM import_progress WHERE file_id IN (SELECT id FROM wanted)
    QUALIFY row_number() OVER (PARTITION BY file_id ORDER BY seq DESC) = 1)
  SELECT w.*, p.* EXCLUDE (file_id), coalesce(b.counted, 0) AS counted, coalesce(b.late, 0) AS late,
    coalesce(b.waiting, 0) AS waiting, coalesce(b.duplicate, 0) AS duplicate,
    coalesce(b.rejected, 0) AS rejected
  FROM wanted w JOIN standing p ON p.file_id = w.id LEFT JOIN (
    SELECT file_id, sum(counted) AS counted, sum(late) AS late, sum(waiting) AS waiting,
      sum(duplicate) AS duplicate, sum(rejected) AS rejected
    FROM import_file_count WHERE file_id IN (SELECT id FROM wanted) GROUP BY file_id) b
    ON b.file_id = w.id ORDER BY w.id DESC`;

const fileOf = (row: Record<string, unknown>): ImportFile => ({
  id: Number(row.id),
  name: String(row.name),
  feed: String(row.feed),
  bytes: Number(row.bytes),
  inode: String(row.inode),
  registeredAtMs: Number(row.registered_at),
  state: importStates[Number(row.state)],
  sha256: String(row.sha256),
  reason: String(row.reason),
  atMs: Number(row.at),
  seq: Number(row.seq),
  mark: {
    byteOffset: Number(row.byte_offset),
    lineNo: Number(row.line_no),
    lines: Number(row.lines),
    firstRecordedAtMs: Number(row.first_recorded_at),
    lastRecordedAtMs: Number(row.last_recorded_at),
  },
  counted: Number(row.counted),
  late: Number(row.late),
  waiting: Number(row.waiting),
  duplicate: Number(row.duplicate),
  rejected: Number(row.rejected),
});

/** Reads the import's tables of the DuckDB file, which no other process can have open. */
export class EmbeddedImportFileStore implements ImportFileStore, ImportJournal {
  /** Behind the ids that were handed out; 0 before any was. */
  #nextId = 0;

  constructor(private readonly database: Pick<EmbeddedDatabase, 'query'>) {}

  async list({ before, limit }: { before: number; limit: number }): Promise<ImportFile[]> {
    const order = 'ORDER BY f.id DESC LIMIT $2';
    const rows = await this.database.query(select('f.id < $1', order), [before, limit]);
    return rows.map(fileOf);
  }

  async byId(id: number): Promise<ImportFile | undefined> {
    const [row] = await this.database.query(select('f.id = $1', ''), [id]);
    return row && fileOf(row);
  }

  /** The files of these names or ids that did not fail. */
  async stored(names: readonly string[], ids: readonly number[]): Promise<StoredFile[]> {
    const rows = await this.database.query(
      `SELECT f.id, f.name, f.feed, f.inode, f.bytes, arg_max(p.byte_offset, p.seq) AS bytes_read
         FROM import_file f JOIN import_progress p ON p.file_id = f.id
        WHERE f.name IN (SELECT unnest($1)) OR f.id IN (SELECT unnest($2))
        GROUP BY ALL HAVING arg_max(p.state, p.seq) <> $3`,
      [names, Float64Array.from(ids), importStates.indexOf('failed')],
    );
    return rows.map(({ id, name, feed, inode, bytes, bytes_read: bytesRead }) => ({
      ...{ id: Number(id), name: String(name), feed: String(feed), inode: String(inode) },
      ...{ bytes: Number(bytes), bytesRead: Number(bytesRead) },
    }));
  }

  async unfinished(): Promise<ImportFile[]> {
    return (await this.database.query(select(inState('queued', 'importing'), '')))
      .map(fileOf)
      .reverse();
  }

  async ended(stamps: readonly string[], doneSinceMs: number): Promise<ImportFile[]> {
    const there = stamps.length === 0 ? 'false' : 'f.inode IN (SELECT unnest($2))';
    const where = `(${there} AND ${inState('done', 'failed')}) OR (${inState('done')} AND f.id IN
      (SELECT file_id FROM import_progress WHERE "at" >= $1))`;
    const values = stamps.length === 0 ? [doneSinceMs] : [doneSinceMs, stamps];
    return (await this.database.query(select(where, ''), values)).map(fileOf).reverse();
  }

  async latestOfFeeds(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.query(
      `SELECT f.feed, max(p.last_recorded_at) AS latest
        FROM import_file f JOIN import_progress p ON p.file_id = f.id
        WHERE p.state = $1 AND p.first_recorded_at <= p.last_recorded_at GROUP BY f.feed`,
      [importStates.indexOf('done')],
    );
    return new Map(rows.map(({ feed, latest }) => [String(feed), Number(latest)]));
  }

  /** Ids of files whose rows were never written are handed out again. */
  takeOver(): Promise<void> {
    this.#nextId = 0;
    return Promise.resolve();
  }

  async reserveIds(count: number): Promise<number> {
    if (this.#nextId === 0) {
      const [row] = await this.database.query('SELECT coalesce(max(id), 0) AS id FROM import_file');
      this.#nextId = Number(row.id) + 1;
    }
    this.#nextId += count;
    return this.#nextId - count;
  }

  left(): void {
    // rows are never deleted: `ended` is asked with the stamps of files that are there
  }

  async rejects(
    id: number,
    { after, limit }: { after: number; limit: number },
  ): ReturnType<ImportFileStore['rejects']> {
    const rows = await this.database.query(
      `SELECT line_no, code, message, raw FROM dead_letter
        WHERE file_id = $1 AND line_no > $2 ORDER BY line_no LIMIT $3`,
      [id, after, limit],
    );
    return rows.map(({ line_no: lineNo, code, message, raw }) => ({
      lineNo: Number(lineNo),
      code: String(code),
      message: String(message),
      raw: raw as Uint8Array,
    }));
  }
}
