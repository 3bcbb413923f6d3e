import type { UsageEvents } from '../ingest/index.js';
import type { ColumnBatch } from '../streaming/index.js';

/** Where the importer writes to. */
export interface ImportLog {
  /**
   * Adds events to the log and, in the same transaction, the rows of the import: files, progress,
   * dead letters, refused lines. Resolves when all is durable. Rejects with a Fault when it did
   * not happen or may not have; no append behind it happens then before the next `takeOver()`.
   */
  append(events: UsageEvents, rows: readonly ColumnBatch[]): Promise<unknown>;
}
