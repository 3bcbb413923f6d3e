import type { DataRecordRows } from '../ingest/index.js';
import { recordRowsOf } from '../ingest/adapters/cassandra-record-row-store.js';
import { dateOfDay, utcDayOf, type CassandraSession } from '../platform/cassandra/index.js';

const allPlaces = 'SELECT DISTINCT shard, day FROM usage_record';
const ofPlace =
  'SELECT msisdn, recorded_at, record_id, version, agreement_id, recorded_bytes, status, ' +
  'file_id, line_no FROM usage_record WHERE shard = ? AND day = ?';

/** A Cassandra partition of table usage_record; `day` in days since 1970-01-01. */
export interface UsageRecordPlace {
  readonly shard: number;
  readonly day: number;
}

/** The shards and days that have rows, page by page, in no order. */
export async function* usageRecordPlaces(
  session: Pick<CassandraSession, 'pages'>,
): AsyncGenerator<UsageRecordPlace[]> {
  for await (const rows of session.pages(allPlaces)) {
    yield rows.map((row) => ({
      shard: Number(row['shard']),
      day: utcDayOf(Date.parse(String(row['day']))),
    }));
  }
}

/** All versions of one place in the order of the table: the newest of a record first. */
export async function* usageRecordsOfPlace(
  session: Pick<CassandraSession, 'pages'>,
  { shard, day }: UsageRecordPlace,
): AsyncGenerator<DataRecordRows> {
  for await (const rows of session.pages(ofPlace, [shard, dateOfDay(day)])) {
    yield recordRowsOf(rows);
  }
}

/** Of rows in the order of the table: the first of each record is its newest. */
export class NewestVersions {
  #msisdn = NaN;
  #recordedAtMs = NaN;
  readonly #recordId = new Uint32Array(4);

  /** To be asked for each row once, in order, over all pages of a place. */
  isNewest(rows: DataRecordRows, row: number): boolean {
    let isSame =
      rows.msisdns[row] === this.#msisdn && rows.recordedAtMs[row] === this.#recordedAtMs;
    for (let word = 0; word < 4; word++) {
      const value = rows.recordIds[row * 4 + word];
      isSame &&= this.#recordId[word] === value;
      this.#recordId[word] = value;
    }
    this.#msisdn = rows.msisdns[row];
    this.#recordedAtMs = rows.recordedAtMs[row];
    return !isSame;
  }
}
