import {
  insertInto,
  routingKeyOf,
  rowOf,
  shardOf,
  utcDayOf,
  type ColumnPut,
  type ColumnPuts,
  type RowGroup,
} from '../../platform/cassandra/index.js';
import type { OutMessage } from '../../streaming/index.js';
import { parseUuid } from '../../values/index.js';
import { bookColumns, type BookColumn } from '../domain/step-output.js';
import {
  isWaiting,
  recordStatuses,
  type AgreementRows,
  type DeadLetterRows,
  type UsageRecordRows,
} from '../domain/tables.js';
import {
  agreementByMsisdnTable,
  agreementByVersionTable,
  agreementTable,
  deadLetterTable,
  importFileCountTable,
  messageTable,
  usageRecordTable,
  waitingRecordTable,
} from './cassandra-tables.js';

/** The partition of the log, and how its rows are spread. */
export interface UsagePartition {
  readonly partition: number;
  readonly shards: number;
  /** Whether table data_record is written too (DATA_RECORD_TABLE). */
  readonly dataRecordTable?: boolean;
}

const statements = {
  usageRecord: insertInto(usageRecordTable),
  waitingRecord: insertInto(waitingRecordTable),
  agreement: insertInto(agreementTable),
  agreementByMsisdn: insertInto(agreementByMsisdnTable),
  agreementByVersion: insertInto(agreementByVersionTable),
  message: insertInto(messageTable),
  deadLetter: insertInto(deadLetterTable),
  importFileCount: insertInto(importFileCountTable),
};

const bucketSize = 65_536;
const bucketOf = (number: number): number => Math.floor(number / bucketSize);
/** Statuses as people read them in the table, encoded once. */
const statusTexts = recordStatuses.map((status) => new TextEncoder().encode(status));

/** Places of rows by what they have in common, in the order of the rows. */
const grouped = (length: number, keyOf: (row: number) => number): Map<number, number[]> => {
  const groups = new Map<number, number[]>();
  let last: number[] | undefined;
  let lastKey = 0;
  for (let row = 0; row < length; row++) {
    const key = keyOf(row);
    if (last === undefined || key !== lastKey) {
      last = groups.get(key);
      if (last === undefined) groups.set(key, (last = []));
      lastKey = key;
    }
    last.push(row);
  }
  return groups;
};

/** Days since 1970 are below 2^27 and shards below 2^15: both go into one number. */
const shardFactor = 2 ** 30;

const shardAndDay = (shard: number, day: number): Buffer => {
  const shardBytes = Buffer.alloc(2);
  shardBytes.writeInt16BE(shard);
  const dayBytes = Buffer.alloc(4);
  dayBytes.writeUInt32BE(day + 2 ** 31);
  return routingKeyOf([shardBytes, dayBytes]);
};

/** Rows of data records, a group for each shard and UTC day. */
export function* usageRecordGroups(rows: UsageRecordRows, shards: number): Generator<RowGroup> {
  const { msisdns, recordedAtMs: times, recordIds, versions, agreementIds } = rows;
  const { recordedBytes: bytes, statuses, fileIds, lineNos } = rows;
  const groups = grouped(
    rows.length,
    (row) => shardOf(msisdns[row], shards) * shardFactor + utcDayOf(times[row]) + shardFactor / 2,
  );
  for (const [key, places] of groups) {
    const shard = Math.floor(key / shardFactor);
    const day = (key % shardFactor) - shardFactor / 2;
    const putRow = rowOf(usageRecordTable, {
      shard: (to) => to.smallint(shard),
      day: (to) => to.date(day),
      msisdn: (to, row) => to.bigint(msisdns[row]),
      recorded_at: (to, row) => to.bigint(times[row]),
      record_id: (to, row) => to.uuid(recordIds, row * 4),
      version: (to, row) => to.bigint(versions[row]),
      agreement_id: (to, row) => {
        if (isWaiting(statuses[row])) to.unset();
        else to.uuid(agreementIds, row * 4);
      },
      recorded_bytes: (to, row) => to.bigint(bytes[row]),
      status: (to, row) => to.utf8(statusTexts[statuses[row]]),
      file_id: (to, row) => to.int(fileIds[row]),
      line_no: (to, row) => to.int(lineNos[row]),
    });
    const put: RowGroup['put'] = (to, at) => putRow(to, places[at]);
    const routingKey = shardAndDay(shard, day);
    const { length } = places;
    yield { statement: statements.usageRecord, onePartition: true, routingKey, length, put };
  }
}

/** Where to look for the records that wait; a group for each subscriber. */
export function* waitingGroups(rows: UsageRecordRows, shards: number): Generator<RowGroup> {
  const { msisdns, recordedAtMs: times, recordIds, versions, statuses } = rows;
  const places: number[] = [];
  for (let row = 0; row < rows.length; row++) {
    if (isWaiting(statuses[row])) places.push(row);
  }
  const putRow = rowOf(waitingRecordTable, {
    shard: (to, row) => to.smallint(shardOf(msisdns[row], shards)),
    msisdn: (to, row) => to.bigint(msisdns[row]),
    recorded_at: (to, row) => to.bigint(times[row]),
    record_id: (to, row) => to.uuid(recordIds, row * 4),
    version: (to, row) => to.bigint(versions[row]),
  });
  const put: RowGroup['put'] = (to, at) => putRow(to, places[at]);
  const { length } = places;
  yield { statement: statements.waitingRecord, onePartition: false, length, put };
}

/** Agreements, once for each way they are asked for. */
export function* agreementGroups(rows: AgreementRows, partition: number): Generator<RowGroup> {
  const { ids, msisdns, signedAtMs, serviceStartAtMs, billingPeriodTimeZones } = rows;
  const { maxBytesInBillingPeriod, versions } = rows;
  const puts: ColumnPuts<typeof agreementTable> = {
    id: (to, row) => to.uuid(ids, row * 4),
    msisdn: (to, row) => to.bigint(msisdns[row]),
    signed_at: (to, row) => to.bigint(signedAtMs[row]),
    service_start_at: (to, row) => to.bigint(serviceStartAtMs[row]),
    billing_period_time_zone: (to, row) => to.text(billingPeriodTimeZones[row]),
    max_bytes_in_billing_period: (to, row) => to.bigint(maxBytesInBillingPeriod[row]),
    version: (to, row) => to.bigint(versions[row]),
    log_partition: (to) => to.int(partition),
  };
  const put = rowOf(agreementTable, puts);
  const { length } = rows;
  yield { statement: statements.agreement, onePartition: false, length, put };
  yield { statement: statements.agreementByMsisdn, onePartition: false, length, put };
  for (const [bucket, places] of grouped(length, (row) => bucketOf(versions[row]))) {
    const putRow = rowOf(agreementByVersionTable, { ...puts, bucket: (to) => to.int(bucket) });
    yield {
      ...{ statement: statements.agreementByVersion, onePartition: true, length: places.length },
      put: (to, at) => putRow(to, places[at]),
    };
  }
}

/** What was refused: of a file by its line, else by its offset in this partition of the log. */
export function* deadLetterGroups(rows: DeadLetterRows, partition: number): Generator<RowGroup> {
  const { offsets, fileIds, lineNos, codes, messages, raws } = rows;
  const bucket = (row: number): number =>
    bucketOf(fileIds[row] === 0 ? offsets[row] : lineNos[row]);
  const keys = grouped(rows.length, (row) => fileIds[row] * 2 ** 21 + bucket(row));
  const isOfFile = (row: number): boolean => fileIds[row] !== 0;
  const putRow = rowOf(deadLetterTable, {
    file_id: (to, row) => to.int(fileIds[row]),
    log_partition: (to, row) => to.int(isOfFile(row) ? 0 : partition),
    bucket: (to, row) => to.int(bucket(row)),
    line_no: (to, row) => to.int(isOfFile(row) ? lineNos[row] : 0),
    offset: (to, row) => to.bigint(offsets[row]),
    code: (to, row) => to.text(codes[row]),
    message: (to, row) => to.text(messages[row]),
    raw: (to, row) => to.blob(raws[row]),
  });
  for (const places of keys.values()) {
    const put: RowGroup['put'] = (to, at) => putRow(to, places[at]);
    yield { statement: statements.deadLetter, onePartition: true, length: places.length, put };
  }
}

/** A copy of the messages, found by their key. */
export const messageGroup = (messages: readonly OutMessage[]): RowGroup => ({
  statement: statements.message,
  onePartition: false,
  length: messages.length,
  put: rowOf(messageTable, {
    key: (to, row) => to.text(messages[row].key),
    timestamp: (to, row) => to.bigint(messages[row].timestampMs),
    revision: (to, row) => to.int(Number(messages[row].headers.revision)),
    id: (to, row) => to.uuid(parseUuid(messages[row].headers.id) as Uint32Array),
    type: (to, row) => to.text(messages[row].headers.type),
    value: (to, row) => to.text(messages[row].value),
  }),
});

type BookPuts = Pick<ColumnPuts<typeof importFileCountTable>, BookColumn>;

/** The books of files as of a version of the log; counts in the order of `bookColumns`. */
export const bookGroup = (
  books: readonly { readonly fileId: number; readonly counts: readonly number[] }[],
  { partition, version }: { partition: number; version: number },
): RowGroup => {
  const counts = bookColumns.map((column, at): [BookColumn, ColumnPut] => [
    column,
    (to, row) => to.int(books[row].counts[at]),
  ]);
  const put = rowOf(importFileCountTable, {
    file_id: (to, row) => to.int(books[row].fileId),
    log_partition: (to) => to.int(partition),
    version: (to) => to.bigint(version),
    ...(Object.fromEntries(counts) as BookPuts),
  });
  const { length } = books;
  return { statement: statements.importFileCount, onePartition: false, length, put };
};
