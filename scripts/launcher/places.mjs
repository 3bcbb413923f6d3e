import { join } from 'node:path';

/** The top of the project. */
export const root = join(import.meta.dirname, '../..');

/** Where built code lies, in the same folders as its source. */
export const dist = join(root, 'dist');

/** Where each suite leaves how many of its checks passed. */
export const results = join(root, '.test-results');
