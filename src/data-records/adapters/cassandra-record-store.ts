import type { RecordStatus } from '../../ingest/index.js';
import {
  dateOf,
  dateOfDay,
  inParallel,
  shardOf,
  utcDayOf,
  type CassandraSession,
} from '../../platform/cassandra/index.js';
import type {
  DataRecordRow,
  DataRecordStore,
  PeriodRows,
  RecordIdentity,
  SourceFile,
} from '../data-record-store.js';
import { newestFirst, newestVersions, oldestVersionFirst, sumOf } from './row-order.js';

type Row = Readonly<Record<string, unknown>>;
type Slice = Pick<PeriodRows, 'msisdn' | 'startMs' | 'endMs'>;

const columns =
  'msisdn, recorded_at, record_id, version, agreement_id, recorded_bytes, status, file_id, line_no';

const ofDay =
  `SELECT ${columns} FROM usage_record WHERE shard = ? AND day = ? AND msisdn = ? ` +
  'AND recorded_at >= ? AND recorded_at < ?';

const newestOfIdentity =
  `SELECT ${columns} FROM usage_record WHERE shard = ? AND day = ? AND msisdn = ? ` +
  'AND recorded_at = ? AND record_id = ? LIMIT 1';

const filesOfBucket = 'SELECT id, name, feed FROM import_file WHERE bucket = ? AND id IN ?';

/** Days of a period that are read at once; a month has 31, and a bit of another day or two. */
const daysAtOnce = 16;
const filesPerBucket = 4096;
const filesPerQuery = 100;

const rowOf = (row: Row): DataRecordRow => ({
  msisdn: Number(row['msisdn']),
  recordedAtMs: Number(row['recorded_at']),
  recordId: String(row['record_id']),
  version: Number(row['version']),
  agreementId: row['agreement_id'] === null ? undefined : String(row['agreement_id']),
  recordedBytes: Number(row['recorded_bytes']),
  status: row['status'] as RecordStatus,
  fileId: Number(row['file_id']),
  lineNo: Number(row['line_no']),
});

/**
 * Reads table usage_record: the days of a period side by side, of each the slice of the msisdn.
 * Rows are there a moment before the transaction with their messages; it follows, or the same rows
 * are written again.
 */
export class CassandraDataRecordStore implements DataRecordStore {
  constructor(
    private readonly session: Pick<CassandraSession, 'query'>,
    private readonly shards: number,
  ) {}

  async inForce(period: PeriodRows): Promise<DataRecordRow[]> {
    return (await this.#inForce(period)).sort(newestFirst);
  }

  async totalBytes(period: PeriodRows): Promise<number | bigint> {
    return sumOf((await this.#inForce(period)).map(({ recordedBytes }) => recordedBytes));
  }

  async versions(period: PeriodRows): Promise<DataRecordRow[]> {
    return (await this.#slice(period)).sort(oldestVersionFirst);
  }

  async find({
    msisdn,
    recordedAtMs,
    recordId,
  }: RecordIdentity): Promise<DataRecordRow | undefined> {
    const place = [shardOf(msisdn, this.shards), dateOf(recordedAtMs), msisdn];
    const rows = await this.session.query(newestOfIdentity, [...place, recordedAtMs, recordId]);
    return rows.map(rowOf).at(0);
  }

  async files(ids: readonly number[]): Promise<SourceFile[]> {
    const byBucket = new Map<number, number[]>();
    for (const id of new Set(ids)) {
      const bucket = Math.floor(id / filesPerBucket);
      byBucket.set(bucket, [...(byBucket.get(bucket) ?? []), id]);
    }
    const queries = [...byBucket].flatMap(([bucket, all]) =>
      chunksOf(all, filesPerQuery).map((some) => [bucket, some]),
    );
    const found = await inParallel(queries, daysAtOnce, (query) =>
      this.session.query(filesOfBucket, query),
    );
    return found.flat().map((row) => ({
      id: Number(row['id']),
      name: String(row['name']),
      feed: String(row['feed']),
    }));
  }

  /** Waiting rows belong to no agreement, so the agreement alone picks counted and late ones. */
  async #inForce(period: PeriodRows): Promise<DataRecordRow[]> {
    const newest = newestVersions(await this.#slice(period));
    return newest.filter(({ agreementId }) => agreementId === period.agreementId);
  }

  async #slice({ msisdn, startMs, endMs }: Slice): Promise<DataRecordRow[]> {
    const shard = shardOf(msisdn, this.shards);
    const found = await inParallel(daysOf(startMs, endMs), daysAtOnce, (day) =>
      this.session.query(ofDay, [shard, dateOfDay(day), msisdn, startMs, endMs]),
    );
    return found.flat().map(rowOf);
  }
}

/** Numbers of the UTC days that [startMs, endMs) touches. */
export const daysOf = (startMs: number, endMs: number): number[] => {
  const first = utcDayOf(startMs);
  const count = Math.max(0, utcDayOf(endMs - 1) - first + 1);
  return Array.from({ length: count }, (_, at) => first + at);
};

const chunksOf = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
    all.slice(at * size, (at + 1) * size),
  );
