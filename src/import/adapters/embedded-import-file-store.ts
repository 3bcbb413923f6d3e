import type { EmbeddedDatabase } from '../../platform/embedded/index.js';
import { importStates } from '../domain/tables.js';
import type { ImportFile, ImportFileStore } from '../import-file-store.js';

const unfinished = 'p.state IN (0, 1)';

/** A file with its progress in force and the sums of its book. */
const select = (where: string, order: string): string => `
  WITH wanted AS (
    SELECT f.*, p.* EXCLUDE (file_id) FROM import_file f
    JOIN (SELECT * FROM import_progress
          QUALIFY row_number() OVER (PARTITION BY file_id ORDER BY seq DESC) = 1) p
      ON p.file_id = f.id
    WHERE ${where} ${order})
  SELECT w.*, coalesce(b.counted, 0) AS counted, coalesce(b.late, 0) AS late,
    coalesce(b.waiting, 0) AS waiting, coalesce(b.duplicate, 0) AS duplicate,
    coalesce(b.rejected, 0) AS rejected
  FROM wanted w LEFT JOIN (
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

/** Reads the import's tables of the DuckDB file. */
export class EmbeddedImportFileStore implements ImportFileStore {
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

  async unfinished(): Promise<ImportFile[]> {
    return (await this.database.query(select(unfinished, ''))).map(fileOf).reverse();
  }

  async newest(place: { name: string; feed: string }): Promise<ImportFile | undefined> {
    const where = 'f.name = $1 AND f.feed = $2';
    const sql = select(where, 'ORDER BY f.id DESC LIMIT 1');
    const [row] = await this.database.query(sql, [place.name, place.feed]);
    return row && fileOf(row);
  }

  async greatestId(): Promise<number> {
    const [row] = await this.database.query('SELECT coalesce(max(id), 0) AS id FROM import_file');
    return Number(row.id);
  }

  async rejects(id: number): ReturnType<ImportFileStore['rejects']> {
    const rows = await this.database.query(
      'SELECT line_no, code, message, raw FROM dead_letter WHERE file_id = $1 ORDER BY line_no',
      [id],
    );
    return rows.map(({ line_no: lineNo, code, message, raw }) => ({
      lineNo: Number(lineNo),
      code: String(code),
      message: String(message),
      raw: raw as Uint8Array,
    }));
  }
}
