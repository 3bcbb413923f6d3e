import { monthOf, yearOf } from '../../agreements/index.js';
import type { RowBuffer, RowGroup, RowStatement } from '../../platform/cassandra/index.js';
import type { DataRecordRows } from '../domain/data-record-rows.js';
import { isWaiting } from '../domain/tables.js';
import { insert } from './cassandra-usage-rows.js';

const columns = [
  ...['agreement_id', 'year', 'month', 'recorded_at', 'internal_record_id', 'recorded_bytes'],
];
const plain = insert('data_record', columns);
const dataRecord: RowStatement = {
  cql: `${plain.cql} USING TIMESTAMP ?`,
  values: plain.values + 1,
};

/**
 * Rows of table data_record, which is for people with cqlsh: a row a record that counts, in the
 * partition of its agreement and billing period, written over by its newer versions. The version
 * is the time of the write: the log's partition gives a record its versions in order, so whoever
 * writes, however often and however late, an older version never covers a newer one.
 */
export const dataRecordGroup = (rows: DataRecordRows): RowGroup => {
  const places: number[] = [];
  for (let row = 0; row < rows.length; row++) {
    if (!isWaiting(rows.statuses[row])) places.push(row);
  }
  const put = (to: RowBuffer, at: number): void => {
    const row = places[at];
    to.uuid(rows.agreementIds, row * 4);
    to.int(yearOf(rows.periods[row]));
    to.int(monthOf(rows.periods[row]));
    to.bigint(rows.recordedAtMs[row]);
    to.uuid(rows.recordIds, row * 4);
    to.bigint(rows.recordedBytes[row]);
    to.bigint(rows.versions[row]);
  };
  return { statement: dataRecord, onePartition: false, length: places.length, put };
};
