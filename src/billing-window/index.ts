export { billingWindowErrors } from './errors.js';
export { windowFlags, type WindowTable } from './domain/window-table.js';
export { usageApplication, type UsageState } from './usage-application.js';
