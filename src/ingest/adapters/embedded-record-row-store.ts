import type { EmbeddedDatabase } from '../../platform/embedded/index.js';
import type { RowStore } from '../../streaming/index.js';
import { DataRecordRows } from '../domain/data-record-rows.js';
import type { FoundRecords, RecordLookups } from '../domain/record-lookups.js';
import { indexedRecordRows } from './indexed-record-rows.js';
import type { RecordIndex } from './record-index/record-index.js';
import { statusOf, UsageRecordRows } from '../domain/tables.js';

const columns = UsageRecordRows.schema.columns.map(({ name }) => `r."${name}"`).join(', ');

// The bounds let whole row groups be passed over: their zone maps know the times in them.
const ofIdentities = `
  SELECT ${columns} FROM usage_record r
  SEMI JOIN (SELECT unnest($1) AS msisdn, unnest($2) AS recorded_at) q
    ON r.msisdn = q.msisdn AND r.recorded_at = q.recorded_at
  WHERE r.version < $3 AND r.recorded_at BETWEEN $4 AND $5`;

const waitingOf = `
  SELECT ${columns} FROM usage_record r
  WHERE r.msisdn IN (SELECT unnest($1)) AND r.version < $2
  QUALIFY row_number() OVER (
    PARTITION BY r.msisdn, r.recorded_at, r.record_id ORDER BY r.version DESC) = 1
    AND r.status IN (${statusOf('waiting', false)}, ${statusOf('waiting', true)})`;

/**
 * Rows a step asks for: out of the index, or out of the table while the index is not whole, each
 * kind in one query a batch.
 */
export const embeddedRecordRowStore = (
  database: Pick<EmbeddedDatabase, 'own'>,
  index: RecordIndex | undefined,
): RowStore<RecordLookups, FoundRecords> => {
  const table = recordRowsOfTable(database);
  return {
    async find(lookups, beforeOffset) {
      if (index?.isUsable !== true) return table.find(lookups, beforeOffset);
      try {
        const found = await indexedRecordRows(index, lookups, beforeOffset);
        if (found !== undefined) return found;
      } catch (error) {
        index.damaged(error);
      }
      return table.find(lookups, beforeOffset);
    },
  };
};

/** The same by scans of the table. */
const recordRowsOfTable = (
  database: Pick<EmbeddedDatabase, 'own'>,
): RowStore<RecordLookups, FoundRecords> => ({
  async find(lookups, beforeOffset) {
    let found: DataRecordRows | undefined;
    if (lookups.msisdns.length > 0) {
      const times = Float64Array.from(lookups.recordedAtMs);
      const [least, greatest] = times.reduce(
        ([low, high], time) => [Math.min(low, time), Math.max(high, time)],
        [Infinity, -Infinity],
      );
      const batch = await database.own.queryColumns(
        ofIdentities,
        [Float64Array.from(lookups.msisdns), times, beforeOffset, least, greatest],
        UsageRecordRows.schema,
      );
      found = new DataRecordRows(batch);
    }
    if (lookups.waitingOf.length === 0) return found ?? new DataRecordRows(0);
    const waiting = new DataRecordRows(
      await database.own.queryColumns(
        waitingOf,
        [Float64Array.from(lookups.waitingOf), beforeOffset],
        UsageRecordRows.schema,
      ),
    );
    return found === undefined ? waiting : joined(found, waiting);
  },
});

const joined = (first: DataRecordRows, second: DataRecordRows): DataRecordRows => {
  const rows = new DataRecordRows(first.length + second.length);
  for (const part of [first, second]) {
    for (let row = 0; row < part.length; row++) rows.copyRow(part, row);
  }
  return rows;
};
