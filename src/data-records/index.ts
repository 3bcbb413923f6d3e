export { DIRECT_RECORDS, type DirectRecordInput, type DirectRecords } from './direct-records.js';
export { dataRecordsErrors } from './errors.js';
export { KeptTotalsController } from './kept-totals.controller.js';
export {
  KEPT_TOTALS,
  RUNNING_TOTALS,
  type KeptTotal,
  type KeptTotals,
  type RunningTotals,
} from './running-totals.js';
