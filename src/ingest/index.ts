export { eventTypes, UsageEvents, type UsageRecord } from './domain/usage-events.js';
export {
  agreementTable,
  dataRecordTable,
  deadLetterTable,
  importFileCountTable,
  recordStatuses,
  type RecordStatus,
} from './domain/tables.js';
