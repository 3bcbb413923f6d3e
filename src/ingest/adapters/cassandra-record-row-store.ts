import {
  dateOfDay,
  inParallel,
  putUuidWords,
  shardOf,
  tupleOf,
  utcDayOf,
  type CassandraSession,
  type CassandraUuid,
} from '../../platform/cassandra/index.js';
import type { RowStore } from '../../streaming/index.js';
import { DataRecordRows } from '../domain/data-record-rows.js';
import type { FoundRecords, RecordLookups } from '../domain/record-lookups.js';
import { statusNamed } from '../domain/tables.js';

type Row = Readonly<Record<string, unknown>>;

const ofIdentities =
  'SELECT msisdn, recorded_at, record_id, version, agreement_id, recorded_bytes, status, ' +
  'file_id, line_no FROM usage_record WHERE shard = ? AND day = ? AND (msisdn, recorded_at) IN ?';
const waitingOf =
  'SELECT msisdn, recorded_at, version FROM waiting_record WHERE shard = ? AND msisdn = ?';

/**
 * A look-up costs a server up to 1 ms when it is busy. All that are asked at once together have to
 * be answered well within the time-out of a read (5 s), or a step full of duplicates would time out
 * again and again: so few at once, which is as fast as many.
 */
const placesPerQuery = 25;
const queriesAtOnce = 16;

/** Where a record stands: its MSISDN and its time. */
interface Place {
  readonly msisdn: number;
  readonly recordedAtMs: number;
}

/** Places of one Cassandra partition. */
interface PlacesOfDay {
  readonly shard: number;
  readonly day: number;
  readonly places: Place[];
}

/** Each place once, by shard and day, at most so many together. */
const byDay = (places: readonly Place[], shards: number): PlacesOfDay[] => {
  const groups: PlacesOfDay[] = [];
  const open = new Map<string, PlacesOfDay>();
  const seen = new Set<string>();
  for (const place of places) {
    const name = `${place.msisdn} ${place.recordedAtMs}`;
    if (seen.has(name)) continue;
    seen.add(name);
    const shard = shardOf(place.msisdn, shards);
    const day = utcDayOf(place.recordedAtMs);
    const key = `${shard} ${day}`;
    let group = open.get(key);
    if (group === undefined || group.places.length === placesPerQuery) {
      group = { shard, day, places: [] };
      groups.push(group);
      open.set(key, group);
    }
    group.places.push(place);
  }
  return groups;
};

const noAgreement = new Uint32Array(4);

const push = (rows: DataRecordRows, row: Row): void => {
  const recordIds = new Uint32Array(4);
  putUuidWords(row['record_id'] as CassandraUuid, recordIds);
  let agreementIds = noAgreement;
  if (row['agreement_id'] !== null) {
    agreementIds = new Uint32Array(4);
    putUuidWords(row['agreement_id'] as CassandraUuid, agreementIds);
  }
  rows.push({
    msisdn: Number(row['msisdn']),
    recordedAtMs: Number(row['recorded_at']),
    ...{ recordIds, recordIdAt: 0, agreementIds, agreementIdAt: 0 },
    version: Number(row['version']),
    recordedBytes: Number(row['recorded_bytes']),
    status: statusNamed(row['status']),
    fileId: Number(row['file_id']),
    lineNo: Number(row['line_no']),
  });
};

/** Rows as they were read, with all columns that are no key of a Cassandra partition. */
export const recordRowsOf = (read: readonly Row[]): DataRecordRows => {
  const rows = new DataRecordRows(read.length);
  for (const row of read) push(rows, row);
  return rows;
};

/**
 * Rows a step asks for, of versions below an offset only: what a later event wrote, or an owner
 * that lost the partition, is not there yet for the event in hand.
 */
export const cassandraRecordRowStore = (
  session: Pick<CassandraSession, 'query'>,
  { shards }: { readonly shards: number },
): RowStore<RecordLookups, FoundRecords> => {
  const read = async ({ shard, day, places }: PlacesOfDay): Promise<readonly Row[]> => {
    const tuples = places.map(({ msisdn, recordedAtMs }) => tupleOf(msisdn, recordedAtMs));
    return session.query(ofIdentities, [shard, dateOfDay(day), tuples]);
  };
  const waiting = async (msisdn: number): Promise<readonly Row[]> =>
    session.query(waitingOf, [shardOf(msisdn, shards), msisdn]);

  /** Whether they wait still is told by all their versions: those are asked for. */
  const waitingPlaces = async (msisdns: readonly number[], before: number): Promise<Place[]> => {
    const found = await inParallel([...new Set(msisdns)], queriesAtOnce, waiting);
    return found
      .flat()
      .filter((row) => Number(row['version']) < before)
      .map((row) => {
        return { msisdn: Number(row['msisdn']), recordedAtMs: Number(row['recorded_at']) };
      });
  };

  return {
    async find(lookups, beforeOffset) {
      const places = lookups.msisdns.map((msisdn, at) => {
        return { msisdn, recordedAtMs: lookups.recordedAtMs[at] };
      });
      places.push(...(await waitingPlaces(lookups.waitingOf, beforeOffset)));
      const groups = byDay(places, shards);
      const found = await inParallel(groups, queriesAtOnce, read);
      const rows = new DataRecordRows(found.reduce((sum, { length }) => sum + length, 0));
      for (const row of found.flat()) if (Number(row['version']) < beforeOffset) push(rows, row);
      return rows;
    },
  };
};
