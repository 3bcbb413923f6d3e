import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** The top of the tree. */
export const root = join(__dirname, '../..');

/** One file of the tree: its path from the top, with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The files below a folder whose path from the top matches, in order. */
export const filesIn = (folder: string, matching: RegExp): SourceFile[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) =>
      relative(root, join(root, folder, path))
        .split(sep)
        .join('/'),
    )
    .filter((path) => matching.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

/** What the product is made of: no specs, no contract suites. */
export const productFiles = (): SourceFile[] =>
  filesIn('src', /\.ts$/).filter(({ path }) => !/\.(spec|contract)\.ts$/.test(path));

/** The folders of src/ that are contexts; the others are layers or composition. */
export const contexts = [
  'agreements',
  'import',
  'ingest',
  'billing-window',
  'data-records',
  'generator',
] as const;
