export {
  cleanRecordId,
  cleanText,
  mostIdBytes,
  RecordIds,
  uuidOfText,
  type RecordIdProblem,
} from './domain/record-id.js';
export {
  eventTypes,
  isRecord,
  UsageEvents,
  type ReadonlyUsageEvents,
  type UsageRecord,
} from './domain/usage-events.js';
export {
  AgreementRows,
  DeadLetterRows,
  ImportFileCountRows,
  UsageRecordRows,
  isProvisional,
  isWaiting,
  outcomeOf,
  recordOutcomes,
  recordStatuses,
  statusNamed,
  statusOf,
  type RecordOutcome,
  type RecordStatus,
} from './domain/tables.js';
export { DataRecordRows, type DataRecordRow, type Identity } from './domain/data-record-rows.js';
export {
  defaultKnownRecordsBytes,
  KnownRecords,
  type KnownRecordsShape,
} from './domain/known-records/known-records.js';
export type { IngestState, Usage, UsageSink } from './domain/ingest-state.js';
export {
  foundWithUncommitted,
  recordLookups,
  type CorrectionPayload,
  type FoundRecords,
  type RecordLookups,
} from './domain/record-lookups.js';
export {
  bookColumns,
  bookOf,
  bookRows,
  deadLetterRows,
  StepOutput,
  type BookColumn,
} from './domain/step-output.js';
export { deadLetterTable, importFileCountTable } from './adapters/cassandra-tables.js';
export type { FeedFiles, LastFile } from './feed-files.js';
export { ingestErrors } from './errors.js';
export { IngestStep, topicFeed } from './ingest.step.js';
export {
  PARTITION_STATUS,
  type OpenPeriods,
  type PartitionClock,
  type PartitionStatus,
} from './partition-status.js';
export { PARTITIONS, type Partition, type Partitions } from './partitions.js';
export {
  USAGE_INPUT,
  type UsageInput,
  type EventRefusal,
  type InputAnswer,
} from './usage-input.js';
export type { PageOf, RecordPages, RecordPlace, RecordRange } from './record-pages.js';
