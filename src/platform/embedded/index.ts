export * from './database.js';
export * from './embedded-log.js';
export * from './errors.js';
export * from './file-snapshot-store.js';
export * from './log-tables.js';
export type { QueryParameter } from './query-values.js';
export { StoreMark, type MissingEvents } from './store-mark.js';
export { refuseHeldStore, storeParts } from './store-parts.js';
export { dropDamagedTransactions } from './wal-repair.js';
