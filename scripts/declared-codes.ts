import { readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FaultCodes } from '../src/streaming/index.js';
import type { DeclaredCodes } from './errors-page.js';

/** The files of that name under a folder, with their paths, in order. */
export const filesNamed = (name: RegExp, folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => name.test(path.split(sep).join('/')))
    .map((path) => join(folder, path))
    .sort();

/** The exports `<name>Errors` of a loaded `errors.ts`, merged; other exports are left out. */
export const codesOfModule = (exported: Readonly<Record<string, unknown>>): FaultCodes =>
  Object.assign(
    {},
    ...Object.entries(exported)
      .filter(([name]) => name.endsWith('Errors'))
      .map(([, codes]) => codes),
  ) as FaultCodes;

/** Loads every `errors.js` under a built `src` folder. */
export const loadDeclaredCodes = async (folder: string): Promise<DeclaredCodes[]> =>
  Promise.all(
    filesNamed(/(^|\/)errors\.js$/, folder).map(async (path) => ({
      folder: relative(folder, dirname(path)),
      codes: codesOfModule(
        (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>,
      ),
    })),
  );
