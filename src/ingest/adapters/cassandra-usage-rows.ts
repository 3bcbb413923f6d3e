import {
  routingKeyOf,
  shardOf,
  utcDayOf,
  type RowBuffer,
  type RowGroup,
  type RowStatement,
} from '../../platform/cassandra/index.js';
import { parseUuid, type OutMessage } from '../../streaming/index.js';
import {
  isWaiting,
  recordStatuses,
  type AgreementRows,
  type DeadLetterRows,
  type UsageRecordRows,
} from '../domain/tables.js';

/** The partition of the log, and how its rows are spread. */
export interface UsagePartition {
  readonly partition: number;
  readonly shards: number;
  /** Whether table data_record is written too (DATA_RECORD_TABLE). */
  readonly dataRecordTable?: boolean;
}

/** An INSERT of these columns, its values in their order. */
export const insert = (table: string, columns: readonly string[]): RowStatement => ({
  cql:
    `INSERT INTO ${table} (${columns.map((name) => `"${name}"`).join(', ')}) ` +
    `VALUES (${columns.map(() => '?').join(', ')})`,
  values: columns.length,
});

const usageRecord = insert('usage_record', [
  ...['shard', 'day', 'msisdn', 'recorded_at', 'record_id', 'version'],
  ...['agreement_id', 'recorded_bytes', 'status', 'file_id', 'line_no'],
]);
const waitingRecord = insert('waiting_record', [
  ...['shard', 'msisdn', 'recorded_at', 'record_id', 'version'],
]);
const agreementColumns = [
  ...['id', 'msisdn', 'signed_at', 'service_start_at', 'billing_period_time_zone'],
  ...['max_bytes_in_billing_period', 'version', 'log_partition'],
];
const agreement = insert('agreement', agreementColumns);
const agreementByMsisdn = insert('agreement_by_msisdn', agreementColumns);
const agreementByVersion = insert('agreement_by_version', [...agreementColumns, 'bucket']);
const message = insert('message', ['key', 'timestamp', 'revision', 'id', 'type', 'value']);
const deadLetter = insert('dead_letter', [
  ...['file_id', 'log_partition', 'bucket', 'line_no', 'offset', 'code', 'message', 'raw'],
]);
const importFileCount = insert('import_file_count', [
  ...['file_id', 'log_partition', 'version'],
  ...['counted', 'late', 'waiting', 'duplicate', 'rejected'],
]);

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
    const put = (to: RowBuffer, at: number): void => {
      const row = places[at];
      to.smallint(shard);
      to.date(day);
      to.bigint(msisdns[row]);
      to.bigint(times[row]);
      to.uuid(recordIds, row * 4);
      to.bigint(versions[row]);
      if (isWaiting(statuses[row])) to.unset();
      else to.uuid(agreementIds, row * 4);
      to.bigint(bytes[row]);
      to.utf8(statusTexts[statuses[row]]);
      to.int(fileIds[row]);
      to.int(lineNos[row]);
    };
    const routingKey = shardAndDay(shard, day);
    const { length } = places;
    yield { statement: usageRecord, onePartition: true, routingKey, length, put };
  }
}

/** Where to look for the records that wait; a group for each subscriber. */
export function* waitingGroups(rows: UsageRecordRows, shards: number): Generator<RowGroup> {
  const { msisdns, recordedAtMs: times, recordIds, versions, statuses } = rows;
  const places: number[] = [];
  for (let row = 0; row < rows.length; row++) {
    if (isWaiting(statuses[row])) places.push(row);
  }
  const put = (to: RowBuffer, at: number): void => {
    const row = places[at];
    to.smallint(shardOf(msisdns[row], shards));
    to.bigint(msisdns[row]);
    to.bigint(times[row]);
    to.uuid(recordIds, row * 4);
    to.bigint(versions[row]);
  };
  yield { statement: waitingRecord, onePartition: false, length: places.length, put };
}

/** Agreements, once for each way they are asked for. */
export function* agreementGroups(rows: AgreementRows, partition: number): Generator<RowGroup> {
  const { ids, msisdns, signedAtMs, serviceStartAtMs, billingPeriodTimeZones } = rows;
  const { maxBytesInBillingPeriod, versions } = rows;
  const put = (to: RowBuffer, row: number): void => {
    to.uuid(ids, row * 4);
    to.bigint(msisdns[row]);
    to.bigint(signedAtMs[row]);
    to.bigint(serviceStartAtMs[row]);
    to.text(billingPeriodTimeZones[row]);
    to.bigint(maxBytesInBillingPeriod[row]);
    to.bigint(versions[row]);
    to.int(partition);
  };
  const { length } = rows;
  yield { statement: agreement, onePartition: false, length, put };
  yield { statement: agreementByMsisdn, onePartition: false, length, put };
  for (const [bucket, places] of grouped(length, (row) => bucketOf(versions[row]))) {
    const putPlace = (to: RowBuffer, at: number): void => {
      put(to, places[at]);
      to.int(bucket);
    };
    yield {
      ...{ statement: agreementByVersion, onePartition: true, length: places.length },
      put: putPlace,
    };
  }
}

/** What was refused: of a file by its line, else by its offset in this partition of the log. */
export function* deadLetterGroups(rows: DeadLetterRows, partition: number): Generator<RowGroup> {
  const { offsets, fileIds, lineNos, codes, messages, raws } = rows;
  const bucket = (row: number): number =>
    bucketOf(fileIds[row] === 0 ? offsets[row] : lineNos[row]);
  const keys = grouped(rows.length, (row) => fileIds[row] * 2 ** 21 + bucket(row));
  for (const places of keys.values()) {
    const put = (to: RowBuffer, at: number): void => {
      const row = places[at];
      const ofFile = fileIds[row] !== 0;
      to.int(fileIds[row]);
      to.int(ofFile ? 0 : partition);
      to.int(bucket(row));
      to.int(ofFile ? lineNos[row] : 0);
      to.bigint(offsets[row]);
      to.text(codes[row]);
      to.text(messages[row]);
      to.blob(raws[row]);
    };
    yield { statement: deadLetter, onePartition: true, length: places.length, put };
  }
}

/** A copy of the messages, found by their key. */
export const messageGroup = (messages: readonly OutMessage[]): RowGroup => ({
  statement: message,
  onePartition: false,
  length: messages.length,
  put(to, row) {
    const { key, timestampMs, headers, value } = messages[row];
    to.text(key);
    to.bigint(timestampMs);
    to.int(Number(headers.revision));
    to.uuid(parseUuid(headers.id) as Uint32Array);
    to.text(headers.type);
    to.text(value);
  },
});

/** The books of files as of a version of the log. */
export const bookGroup = (
  books: readonly { readonly fileId: number; readonly counts: readonly number[] }[],
  { partition, version }: { partition: number; version: number },
): RowGroup => ({
  statement: importFileCount,
  onePartition: false,
  length: books.length,
  put(to, row) {
    const { fileId, counts } = books[row];
    to.int(fileId);
    to.int(partition);
    to.bigint(version);
    for (const count of counts) to.int(count);
  },
});
