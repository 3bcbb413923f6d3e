import { billingCalendar, type BillingCalendar } from '../agreements/index.js';
import type { Settings } from '../config/index.js';
import { DataRecordRows, isWaiting } from '../ingest/index.js';
import { dataRecordGroup } from '../ingest/adapters/cassandra-data-record-rows.js';
import { BatchedWriter, CassandraSession } from '../platform/cassandra/index.js';
import { systemClock } from '../platform/http/clock.js';
import { uuidText } from '../values/index.js';
import { cassandraOptions } from '../wiring/cluster/cluster-options.js';
import { DataRecordMark } from '../wiring/cluster/data-record-mark.js';
import {
  NewestVersions,
  usageRecordPlaces,
  usageRecordsOfPlace,
  type UsageRecordPlace,
} from './usage-record-rows.js';
import { Progress } from './verify-cluster/progress.js';

const zoneOfAgreement = 'SELECT billing_period_time_zone FROM agreement WHERE id = ?';

/** Calendars of the agreements that were met, forgotten when there are very many. */
class Calendars {
  readonly #known = new Map<string, BillingCalendar | undefined>();

  constructor(
    private readonly session: Pick<CassandraSession, 'query'>,
    private readonly most = 500_000,
  ) {}

  /** Undefined when the agreement is not there, which `verify` tells of. */
  async of(agreementId: string): Promise<BillingCalendar | undefined> {
    const known = this.#known.get(agreementId);
    if (known !== undefined) return known;
    const [row] = await this.session.query(zoneOfAgreement, [agreementId]);
    if (row === undefined) return undefined;
    if (this.#known.size >= this.most) this.#known.clear();
    const calendar = billingCalendar(String(row['billing_period_time_zone']));
    this.#known.set(agreementId, calendar);
    return calendar;
  }
}

/** The rows of a page that data_record has: the newest version of each record that counts. */
const rowsToWrite = async (
  page: DataRecordRows,
  { newest, calendars }: { newest: NewestVersions; calendars: Calendars },
): Promise<DataRecordRows> => {
  const rows = new DataRecordRows();
  for (let row = 0; row < page.length; row++) {
    if (!newest.isNewest(page, row) || isWaiting(page.statuses[row])) continue;
    const calendar = await calendars.of(uuidText(page.agreementIds, row * 4));
    if (calendar === undefined) continue;
    rows.push({
      ...page.identity(row),
      version: page.versions[row],
      ...{ agreementIds: page.agreementIds, agreementIdAt: row * 4 },
      recordedBytes: page.recordedBytes[row],
      ...{ status: page.statuses[row], fileId: page.fileIds[row], lineNo: page.lineNos[row] },
      period: calendar.periodOf(page.recordedAtMs[row]),
    });
  }
  return rows;
};

/**
 * Writes table data_record from usage_record, for the time before DATA_RECORD_TABLE was on. Each
 * row is written with its version as the time of the write, as the program does: it may be run
 * again, broken off, and run beside the program, and never covers a newer row. Memory does not
 * grow with the rows. Answers how many rows were written; rejects with the faults of Cassandra.
 */
export const fillDataRecord = async (
  settings: Settings,
  print: (line: string) => void,
): Promise<number> => {
  const session = await CassandraSession.open(cassandraOptions(settings));
  try {
    const mark = new DataRecordMark(session);
    const fill = await mark.beginFill();
    const writer = new BatchedWriter(session);
    const calendars = new Calendars(session);
    const progress = new Progress(print, systemClock);
    const places: UsageRecordPlace[] = [];
    for await (const found of usageRecordPlaces(session)) places.push(...found);
    // subscribers stay in their shard: the calendars of one are used up before the next
    places.sort((one, other) => one.shard - other.shard || one.day - other.day);
    let written = 0;
    for (const [done, place] of places.entries()) {
      const newest = new NewestVersions();
      for await (const page of usageRecordsOfPlace(session, place)) {
        const rows = await rowsToWrite(page, { newest, calendars });
        await writer.write([dataRecordGroup(rows)]);
        written += rows.length;
      }
      progress.at(
        () => `data_record: ${written} rows; ${done + 1} of ${places.length} shards and days`,
      );
    }
    const isWhole = await mark.endFill(fill);
    print(`Table data_record: ${written} rows written from usage_record.`);
    if (!isWhole) print(`WARNING  ${startedWithout}`);
    return written;
  } finally {
    await session.close();
  }
};

const startedWithout =
  'Meanwhile a process was started that does not write data_record, or another filling began. ' +
  'Set DATA_RECORD_TABLE=on for every process with role ingest, and run this again.';
