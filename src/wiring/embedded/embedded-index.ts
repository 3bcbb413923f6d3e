import { join } from 'node:path';
import type { Settings } from '../../config/index.js';
import { DataRecordRows, UsageRecordRows } from '../../ingest/index.js';
import { embeddedRecordTable } from '../../ingest/adapters/embedded-record-table.js';
import { RecordIndex } from '../../ingest/adapters/record-index/record-index.js';
import {
  inlineRunBuilder,
  WorkerRunBuilder,
} from '../../ingest/adapters/record-index/run-builders.js';
import type { EmbeddedDatabase, LogDatabase } from '../../platform/embedded/index.js';
import { restFor } from '../../platform/pause.js';
import type { Logger } from '../../platform/telemetry/index.js';

const retryAfterMs = 30_000;

/** Where the index of a data directory is. It can be removed while no program runs. */
export const indexPath = (dataDir: string): string => join(dataDir, 'index');

/** Opens the index of rows and brings it up to the store. */
export const openRecordIndex = (
  { settings, logger }: { readonly settings: Settings; readonly logger: Logger },
  database: EmbeddedDatabase,
  indexWorker: string | undefined,
): Promise<RecordIndex> =>
  RecordIndex.open({
    directory: indexPath(settings.dataDir),
    storeId: database.storeId,
    table: embeddedRecordTable(database.own),
    newBuilder: () =>
      indexWorker === undefined ? inlineRunBuilder() : new WorkerRunBuilder(indexWorker),
    pause: () => restFor(retryAfterMs),
    log: (line) => logger.warn(line),
  });

/** The database for the log: rows of records that are committed are told to the index. */
export const indexed = (database: EmbeddedDatabase, index: RecordIndex): LogDatabase => ({
  query: (sql, parameters) => database.query(sql, parameters),
  own: database.own,
  onDamage: (listener) => database.onDamage(listener),
  execute: (sql) => database.execute(sql),
  transaction: async (batches, taken) => {
    try {
      await database.transaction(batches, taken);
    } catch (error) {
      index.doubt();
      throw error;
    }
    for (const batch of batches) {
      if (batch.schema === UsageRecordRows.schema) index.add(new DataRecordRows(batch));
    }
    await index.room();
  },
});
