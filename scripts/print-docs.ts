import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printConfigurationPage } from '../src/config/index.js';
import { loadDeclaredCodes } from './declared-codes.js';
import { printErrorsPage } from './errors-page.js';

/** Writes the two pages that are printed from code: npm starts this at the top of the tree. */
const print = async (): Promise<void> => {
  const builtSource = join(import.meta.dirname, '../src');
  mkdirSync('docs', { recursive: true });
  writeFileSync('docs/configuration.md', printConfigurationPage());
  writeFileSync('docs/errors.md', printErrorsPage(await loadDeclaredCodes(builtSource)));
  console.log('Wrote docs/configuration.md and docs/errors.md.');
};

await print();
