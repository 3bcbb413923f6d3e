export { ImportFileRows, ImportProgressRows, importStates } from './domain/tables.js';
export { importErrors } from './errors.js';
export type { ImportJournal, JournalFile } from './import-journal.js';
export type { ImportLog } from './import-log.js';
export { Importer } from './importer.js';
export { IMPORT_FILE_STORE, type ImportFileStore } from './import-file-store.js';
