export { importFileTable, importProgressTable } from './domain/tables.js';
export { importErrors } from './errors.js';
export { Importer } from './importer.js';
export { IMPORT_FILE_STORE, type ImportFileStore } from './import-file-store.js';
