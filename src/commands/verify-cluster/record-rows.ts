import { DataRecordRows, UsageRecordRows, recordStatuses } from '../../ingest/index.js';
import { shardOf, utcDayOf } from '../../platform/cassandra/index.js';
import { maskMsisdn } from '../../platform/telemetry/index.js';
import type { ColumnBatch } from '../../streaming/index.js';
import { uuidText } from '../../values/index.js';
import type { RowHash } from './row-hash.js';
import type { NamedRow } from './row-texts.js';

/** Shards are below 2^15. */
const shardFactor = 32_768;

/** A Cassandra partition of table usage_record as one number: shard and UTC day. */
export const placeOf = (shard: number, day: number): number => day * shardFactor + shard;

/** Shard and UTC day (days since 1970-01-01) of such a number. */
export const shardAndDayOf = (place: number): { shard: number; day: number } => {
  const day = Math.floor(place / shardFactor);
  return { shard: place - day * shardFactor, day };
};

/** `shard 3, 2020-01-02`. */
export const placeText = (place: number): string => {
  const { shard, day } = shardAndDayOf(place);
  return `shard ${shard}, ${new Date(day * 86_400_000).toISOString().slice(0, 10)}`;
};

/** The rows of data records among what a replay gives. */
export const recordRowsIn = (batches: readonly ColumnBatch[]): DataRecordRows[] =>
  batches
    .filter(({ schema }) => schema.name === UsageRecordRows.schema.name)
    .map((batch) => (batch instanceof DataRecordRows ? batch : new DataRecordRows(batch)));

/** Where a row belongs. */
export const placeOfRow = (rows: DataRecordRows, row: number, shards: number): number =>
  placeOf(shardOf(rows.msisdns[row], shards), utcDayOf(rows.recordedAtMs[row]));

/** Hashes all columns of a row, however it came. */
export const hashRow = (hash: RowHash, rows: DataRecordRows, row: number): RowHash => {
  hash.start().number(rows.msisdns[row]).number(rows.recordedAtMs[row]);
  for (let word = row * 4; word < row * 4 + 4; word++) hash.word(rows.recordIds[word]);
  hash.number(rows.versions[row]);
  for (let word = row * 4; word < row * 4 + 4; word++) hash.word(rows.agreementIds[word]);
  hash.number(rows.recordedBytes[row]).word(rows.statuses[row]);
  return hash.word(rows.fileIds[row]).word(rows.lineNos[row]);
};

/** A row in words; the MSISDN is masked where it may be printed. */
export const namedRecord = (rows: DataRecordRows, row: number): NamedRow => {
  const msisdn = rows.msisdns[row];
  const recordedAt = new Date(rows.recordedAtMs[row]).toISOString();
  const recordId = uuidText(rows.recordIds, row * 4);
  const agreementId = uuidText(rows.agreementIds, row * 4);
  const { [row]: bytes } = rows.recordedBytes;
  const status = recordStatuses[rows.statuses[row]] ?? `status ${rows.statuses[row]}`;
  const place = `${recordedAt} record ${recordId} version ${rows.versions[row]}`;
  const values =
    `${bytes} bytes, ${status}, agreement ${agreementId}, ` +
    `file ${rows.fileIds[row]} line ${rows.lineNos[row]}`;
  return {
    identity: `${msisdn} ${place}`,
    content: values,
    shown: `${maskMsisdn(msisdn)} ${place}: ${values}`,
  };
};
