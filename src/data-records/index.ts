export { DIRECT_RECORDS, type DirectRecordInput, type DirectRecords } from './direct-records.js';
export { dataRecordsErrors } from './errors.js';
export { RUNNING_TOTALS, type RunningTotals } from './running-totals.js';
