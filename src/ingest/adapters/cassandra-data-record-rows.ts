import { monthOf, yearOf } from '../../agreements/index.js';
import { insertAt, rowOf, type RowGroup } from '../../platform/cassandra/index.js';
import type { DataRecordRows } from '../domain/data-record-rows.js';
import { isWaiting } from '../domain/tables.js';
import { dataRecordTable } from './cassandra-tables.js';

const statement = insertAt(dataRecordTable);

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
  const { agreementIds, periods, recordedAtMs, recordIds, recordedBytes, versions } = rows;
  const putRow = rowOf(dataRecordTable, {
    agreement_id: (to, row) => to.uuid(agreementIds, row * 4),
    year: (to, row) => to.int(yearOf(periods[row])),
    month: (to, row) => to.int(monthOf(periods[row])),
    recorded_at: (to, row) => to.bigint(recordedAtMs[row]),
    internal_record_id: (to, row) => to.uuid(recordIds, row * 4),
    recorded_bytes: (to, row) => to.bigint(recordedBytes[row]),
  });
  const put: RowGroup['put'] = (to, at) => {
    putRow(to, places[at]);
    to.bigint(versions[places[at]]);
  };
  return { statement, onePartition: false, length: places.length, put };
};
