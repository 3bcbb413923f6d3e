import type { EmbeddedDatabase } from '../../platform/embedded/index.js';
import { recordStatuses } from '../../ingest/index.js';
import type {
  DataRecordRow,
  DataRecordStore,
  PeriodRows,
  RecordIdentity,
  SourceFile,
} from '../data-record-store.js';

const columns =
  'msisdn, recorded_at, record_id, version, agreement_id, recorded_bytes, status, file_id, line_no';

/** Waiting rows belong to no agreement, so the agreement alone picks counted and late ones. */
const rowsInForce = `
  SELECT ${columns} FROM data_record
   WHERE msisdn = $1 AND recorded_at >= $2 AND recorded_at < $3
  QUALIFY row_number() OVER (PARTITION BY recorded_at, record_id ORDER BY version DESC) = 1`;

const noAgreement = '00000000-0000-0000-0000-000000000000';

const rowOf = (row: Record<string, unknown>): DataRecordRow => ({
  msisdn: Number(row.msisdn),
  recordedAtMs: Number(row.recorded_at),
  recordId: String(row.record_id),
  version: Number(row.version),
  agreementId:
    row.agreement_id === null || row.agreement_id === noAgreement
      ? undefined
      : String(row.agreement_id),
  recordedBytes: Number(row.recorded_bytes),
  status: recordStatuses[Number(row.status)],
  fileId: Number(row.file_id),
  lineNo: Number(row.line_no),
});

/** Reads the rows from the DuckDB file; the primary key is searched, there is no index. */
export class EmbeddedDataRecordStore implements DataRecordStore {
  constructor(private readonly database: Pick<EmbeddedDatabase, 'query'>) {}

  async inForce(period: PeriodRows): Promise<DataRecordRow[]> {
    const rows = await this.database.query(
      `SELECT * FROM (${rowsInForce}) WHERE agreement_id = $4::UUID
        ORDER BY recorded_at DESC, record_id DESC`,
      [period.msisdn, period.startMs, period.endMs, period.agreementId],
    );
    return rows.map(rowOf);
  }

  async totalBytes(period: PeriodRows): Promise<number | bigint> {
    const [{ total }] = await this.database.query(
      `SELECT coalesce(sum(recorded_bytes), 0)::HUGEINT AS total FROM (${rowsInForce})
        WHERE agreement_id = $4::UUID`,
      [period.msisdn, period.startMs, period.endMs, period.agreementId],
    );
    return typeof total === 'bigint' ? total : Number(total);
  }

  async versions(period: PeriodRows): Promise<DataRecordRow[]> {
    const rows = await this.database.query(
      `SELECT ${columns} FROM data_record
        WHERE msisdn = $1 AND recorded_at >= $2 AND recorded_at < $3
        ORDER BY version, recorded_at, record_id`,
      [period.msisdn, period.startMs, period.endMs],
    );
    return rows.map(rowOf);
  }

  async find(identity: RecordIdentity): Promise<DataRecordRow | undefined> {
    const rows = await this.database.query(
      `SELECT ${columns} FROM data_record
        WHERE msisdn = $1 AND recorded_at = $2 AND record_id = $3::UUID
        ORDER BY version DESC LIMIT 1`,
      [identity.msisdn, identity.recordedAtMs, identity.recordId],
    );
    return rows.map(rowOf).at(0);
  }

  async files(ids: readonly number[]): Promise<SourceFile[]> {
    if (ids.length === 0) return [];
    const rows = await this.database.query(
      `SELECT id, name, feed FROM import_file WHERE id IN (SELECT unnest($1))`,
      [Float64Array.from(ids)],
    );
    return rows.map(({ id, name, feed }) => ({
      id: Number(id),
      name: String(name),
      feed: String(feed),
    }));
  }
}
