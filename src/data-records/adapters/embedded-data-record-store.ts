import type { EmbeddedDatabase } from '../../platform/embedded/index.js';
import { TurnQueue } from '../../platform/turn-queue.js';
import {
  isProvisional,
  outcomeOf,
  type UsageRecordRows,
  type RecordPages,
} from '../../ingest/index.js';
import { parseUuid, uuidText } from '../../values/index.js';
import type {
  DataRecordRow,
  DataRecordStore,
  RecordIdentity,
  RowPage,
  SourceFile,
  TimeRange,
} from '../data-record-store.js';

const columns =
  'msisdn, recorded_at, record_id, version, agreement_id, recorded_bytes, status, file_id, line_no';

const inFallingOrder = 'ORDER BY recorded_at DESC, record_id DESC, version DESC';

const firstPage = `
  SELECT ${columns} FROM usage_record
   WHERE msisdn = $1 AND recorded_at >= $2 AND recorded_at < $3 ${inFallingOrder} LIMIT $4`;

const pageBehind = `
  SELECT ${columns} FROM usage_record
   WHERE msisdn = $1 AND recorded_at >= $2 AND recorded_at <= $3
     AND (recorded_at < $3 OR record_id < $5::UUID OR (record_id = $5::UUID AND version < $6))
   ${inFallingOrder} LIMIT $4`;

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
  status: outcomeOf(Number(row.status)),
  isProvisional: isProvisional(Number(row.status)),
  fileId: Number(row.file_id),
  lineNo: Number(row.line_no),
});

/** True when the row above has the same agreement: most have. */
const isAsAbove = ({ agreementIds }: UsageRecordRows, at: number): boolean => {
  for (let word = at * 4; word < at * 4 + 4; word++) {
    if (agreementIds[word] !== agreementIds[word - 4]) return false;
  }
  return true;
};

const agreementOf = (rows: UsageRecordRows, at: number): string | undefined => {
  const agreementId = uuidText(rows.agreementIds, at * 4);
  return agreementId === noAgreement ? undefined : agreementId;
};

const rowsOf = (rows: UsageRecordRows): DataRecordRow[] => {
  let agreementId: string | undefined;
  return Array.from({ length: rows.length }, (_, at) => {
    if (at === 0 || !isAsAbove(rows, at)) agreementId = agreementOf(rows, at);
    return rowOfColumns(rows, at, agreementId);
  });
};

const rowOfColumns = (
  rows: UsageRecordRows,
  at: number,
  agreementId: string | undefined,
): DataRecordRow => {
  return {
    msisdn: rows.msisdns[at],
    recordedAtMs: rows.recordedAtMs[at],
    recordId: uuidText(rows.recordIds, at * 4),
    version: rows.versions[at],
    agreementId,
    recordedBytes: rows.recordedBytes[at],
    status: outcomeOf(rows.statuses[at]),
    isProvisional: isProvisional(rows.statuses[at]),
    fileId: rows.fileIds[at],
    lineNo: rows.lineNos[at],
  };
};

/** Reads the rows out of their index, or out of the table while the index is not whole. */
export class EmbeddedDataRecordStore implements DataRecordStore {
  readonly #turns = new TurnQueue();

  constructor(
    private readonly database: Pick<EmbeddedDatabase, 'query'>,
    private readonly index: RecordPages,
  ) {}

  /** A turn of the event loop a page: those who read millions of rows hold nobody up. */
  async page(range: TimeRange, page: RowPage): Promise<readonly DataRecordRow[]> {
    await this.#turns.next(page.before === undefined);
    if (this.index.isUsable) {
      try {
        return this.#indexed(range, page);
      } catch (error) {
        this.index.damaged(error);
      }
    }
    const { msisdn, startMs, endMs } = range;
    const { before, limit } = page;
    const rows =
      before === undefined
        ? await this.database.query(firstPage, [msisdn, startMs, endMs, limit])
        : await this.database.query(pageBehind, [
            ...[msisdn, startMs, before.recordedAtMs, limit],
            ...[before.recordId, before.version],
          ]);
    return rows.map(rowOf);
  }

  async find({ msisdn, recordedAtMs, recordId }: RecordIdentity) {
    const range = { msisdn, startMs: recordedAtMs, endMs: recordedAtMs + 1 };
    const before = { recordedAtMs, recordId, version: Number.MAX_SAFE_INTEGER };
    const [row] = await this.page(range, { before, limit: 1 });
    return row?.recordId === recordId ? row : undefined;
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

  #indexed(range: TimeRange, { before, limit }: RowPage): DataRecordRow[] {
    const place = before && { ...before, recordId: parseUuid(before.recordId) as Uint32Array };
    return rowsOf(this.index.page(range, { before: place, limit }));
  }
}
