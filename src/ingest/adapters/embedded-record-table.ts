import type { StoreReads } from '../../platform/embedded/index.js';
import { DataRecordRows } from '../domain/data-record-rows.js';
import { UsageRecordRows } from '../domain/tables.js';
import type { RecordTable } from './record-index/record-index.js';

const columns = UsageRecordRows.schema.columns.map(({ name }) => `"${name}"`).join(', ');

/** Table `usage_record` as its index reads it: rows lie in order of their version. */
export const embeddedRecordTable = (database: StoreReads): RecordTable => ({
  async end() {
    const [{ last }] = await database.query('SELECT max(version) AS last FROM usage_record');
    return last === null ? 0 : Number(last) + 1;
  },
  async count(belowVersion) {
    const sql = 'SELECT count(*) AS rows FROM usage_record WHERE version < $1';
    const [{ rows }] = await database.query(sql, [belowVersion]);
    return Number(rows);
  },
  async between(fromVersion, toVersion) {
    const sql = `SELECT ${columns} FROM usage_record WHERE version >= $1 AND version < $2`;
    const batch = await database.queryColumns(
      sql,
      [fromVersion, toVersion],
      UsageRecordRows.schema,
    );
    return new DataRecordRows(batch);
  },
});
