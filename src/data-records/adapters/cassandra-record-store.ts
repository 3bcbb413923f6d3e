import { isProvisional, outcomeOf, statusNamed } from '../../ingest/index.js';
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
  RecordIdentity,
  RowPage,
  SourceFile,
  TimeRange,
} from '../data-record-store.js';
import { falling } from './row-order.js';

type Row = Readonly<Record<string, unknown>>;

const columns =
  'msisdn, recorded_at, record_id, version, agreement_id, recorded_bytes, status, file_id, line_no';

const ofDay =
  `SELECT ${columns} FROM usage_record WHERE shard = ? AND day = ? AND msisdn = ? ` +
  'AND recorded_at >= ? AND recorded_at < ? LIMIT ?';

const ofTime =
  `SELECT ${columns} FROM usage_record WHERE shard = ? AND day = ? AND msisdn = ? ` +
  'AND recorded_at = ?';

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
  status: outcomeOf(statusNamed(row['status'])),
  isProvisional: isProvisional(statusNamed(row['status'])),
  fileId: Number(row['file_id']),
  lineNo: Number(row['line_no']),
});

/** What was read of a day: rows in falling order, and below which time the rest of it lies. */
interface DayPart {
  readonly rows: readonly DataRecordRow[];
  readonly restBelowMs: number | undefined;
}

/**
 * Reads table usage_record day by day, of each the slice of the msisdn. Rows are there a moment
 * before the transaction with their messages; it follows, or the same rows are written again.
 */
export class CassandraDataRecordStore implements DataRecordStore {
  constructor(
    private readonly session: Pick<CassandraSession, 'query'>,
    private readonly shards: number,
  ) {}

  /** The first page asks all days side by side; later ones go on, one day after the other. */
  async page(range: TimeRange, page: RowPage): Promise<readonly DataRecordRow[]> {
    const { before, limit } = page;
    const endMs = before === undefined ? range.endMs : before.recordedAtMs + 1;
    const bounds = { ...range, endMs };
    const days = daysOf(range.startMs, endMs).reverse();
    const atOnce = before === undefined ? daysAtOnce : 1;
    const found: DataRecordRow[] = [];
    for (let at = 0; at < days.length; at += atOnce) {
      const some = days.slice(at, at + atOnce);
      const parts = await inParallel(some, daysAtOnce, (day) => this.#ofDay(day, bounds, page));
      for (const [index, part] of parts.entries()) {
        found.push(...part.rows);
        let { restBelowMs } = part;
        while (restBelowMs !== undefined && found.length < limit) {
          const rest = await this.#ofDay(some[index], { ...bounds, endMs: restBelowMs }, page);
          found.push(...rest.rows);
          restBelowMs = rest.restBelowMs;
        }
        if (found.length >= limit) return found.slice(0, limit);
      }
    }
    return found;
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

  /**
   * Rows of a day behind the place. Rows of one time lie in another order there: a time that was
   * cut by the limit is left for the next reading, or read whole when it is the only one.
   */
  async #ofDay(
    day: number,
    { msisdn, startMs, endMs }: TimeRange,
    { before, limit }: RowPage,
  ): Promise<DayPart> {
    const place = [shardOf(msisdn, this.shards), dateOfDay(day), msisdn];
    const read = limit + 1;
    let rows = (await this.session.query(ofDay, [...place, startMs, endMs, read])).map(rowOf);
    let restBelowMs: number | undefined;
    if (rows.length === read) {
      const cutMs = rows[limit].recordedAtMs;
      const isOne = rows[0].recordedAtMs === cutMs;
      if (isOne) rows = (await this.session.query(ofTime, [...place, cutMs])).map(rowOf);
      else rows = rows.filter(({ recordedAtMs }) => recordedAtMs !== cutMs);
      restBelowMs = isOne ? cutMs : cutMs + 1;
    }
    const isBehind = (row: DataRecordRow): boolean =>
      before === undefined || falling(before, row) < 0;
    return { rows: rows.sort(falling).filter(isBehind), restBelowMs };
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
