import type { EmbeddedDatabase } from '../../platform/embedded/index.js';
import { nextTurn } from '../../platform/pause.js';
import { uuidText } from '../../streaming/index.js';
import {
  recordStatuses,
  type RecordColumns,
  type RecordPages,
  type RecordPlace,
  type RecordRange,
} from '../../ingest/index.js';
import type {
  DataRecordRow,
  DataRecordStore,
  PeriodRows,
  RecordIdentity,
  SourceFile,
} from '../data-record-store.js';
import { newestVersions, oldestVersionFirst, sumOf } from './row-order.js';

const columns =
  'msisdn, recorded_at, record_id, version, agreement_id, recorded_bytes, status, file_id, line_no';

/** Waiting rows belong to no agreement, so the agreement alone picks counted and late ones. */
const rowsInForce = `
  SELECT ${columns} FROM usage_record
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

/** The place of the last row: the next page begins behind it. */
const lastOf = (page: RecordColumns): RecordPlace => {
  const last = page.length - 1;
  return {
    recordedAtMs: page.recordedAtMs[last],
    recordId: page.recordIds.slice(last * 4, last * 4 + 4),
    version: page.versions[last],
  };
};

const rowsPerTurn = 2048;

const rowOfColumns = (rows: RecordColumns, at: number): DataRecordRow => {
  const agreementId = uuidText(rows.agreementIds, at * 4);
  return {
    msisdn: rows.msisdns[at],
    recordedAtMs: rows.recordedAtMs[at],
    recordId: uuidText(rows.recordIds, at * 4),
    version: rows.versions[at],
    agreementId: agreementId === noAgreement ? undefined : agreementId,
    recordedBytes: rows.recordedBytes[at],
    status: recordStatuses[rows.statuses[at]],
    fileId: rows.fileIds[at],
    lineNo: rows.lineNos[at],
  };
};

/** Reads the rows out of their index, or out of the table while the index is not whole. */
export class EmbeddedDataRecordStore implements DataRecordStore {
  constructor(
    private readonly database: Pick<EmbeddedDatabase, 'query'>,
    private readonly index: RecordPages,
  ) {}

  async inForce(period: PeriodRows): Promise<DataRecordRow[]> {
    const indexed = await this.#indexed(period);
    if (indexed !== undefined) {
      return newestVersions(indexed).filter(
        ({ agreementId }) => agreementId === period.agreementId,
      );
    }
    const rows = await this.database.query(
      `SELECT * FROM (${rowsInForce}) WHERE agreement_id = $4::UUID
        ORDER BY recorded_at DESC, record_id DESC`,
      [period.msisdn, period.startMs, period.endMs, period.agreementId],
    );
    return rows.map(rowOf);
  }

  async totalBytes(period: PeriodRows): Promise<number | bigint> {
    if (this.index.isUsable) {
      return sumOf((await this.inForce(period)).map(({ recordedBytes }) => recordedBytes));
    }
    const [{ total }] = await this.database.query(
      `SELECT coalesce(sum(recorded_bytes), 0)::HUGEINT AS total FROM (${rowsInForce})
        WHERE agreement_id = $4::UUID`,
      [period.msisdn, period.startMs, period.endMs, period.agreementId],
    );
    return typeof total === 'bigint' ? total : Number(total);
  }

  async versions(period: PeriodRows): Promise<DataRecordRow[]> {
    const indexed = await this.#indexed(period);
    if (indexed !== undefined) return indexed.sort(oldestVersionFirst);
    const rows = await this.database.query(
      `SELECT ${columns} FROM usage_record
        WHERE msisdn = $1 AND recorded_at >= $2 AND recorded_at < $3
        ORDER BY version, recorded_at, record_id`,
      [period.msisdn, period.startMs, period.endMs],
    );
    return rows.map(rowOf);
  }

  async find(identity: RecordIdentity): Promise<DataRecordRow | undefined> {
    const { msisdn, recordedAtMs, recordId } = identity;
    const range = { msisdn, startMs: recordedAtMs, endMs: recordedAtMs + 1 };
    const indexed = await this.#indexed(range);
    if (indexed !== undefined) return indexed.find((row) => row.recordId === recordId);
    const rows = await this.database.query(
      `SELECT ${columns} FROM usage_record
        WHERE msisdn = $1 AND recorded_at = $2 AND record_id = $3::UUID
        ORDER BY version DESC LIMIT 1`,
      [identity.msisdn, identity.recordedAtMs, identity.recordId],
    );
    return rows.map(rowOf).at(0);
  }

  /** All rows of the range, newest first; undefined when the table has to be read. */
  async #indexed(range: RecordRange): Promise<DataRecordRow[] | undefined> {
    const found: DataRecordRow[] = [];
    let before: RecordPlace | undefined;
    while (this.index.isUsable) {
      try {
        const page = this.index.page(range, { before, limit: rowsPerTurn });
        for (let at = 0; at < page.length; at++) found.push(rowOfColumns(page, at));
        if (page.length < rowsPerTurn) return found;
        before = lastOf(page);
      } catch (error) {
        this.index.damaged(error);
      }
      await nextTurn();
    }
    return undefined;
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
