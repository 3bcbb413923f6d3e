import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutDocComment } from './doc-comments.js';
import { contexts, filesIn, productFiles, root } from './sources.js';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, { version?: string; resolved?: string }>>;
}

const readJson = <T>(path: string): T => JSON.parse(readFileSync(join(root, path), 'utf8')) as T;

const manifest = readJson<Manifest>('package.json');
const lock = readJson<Lock>('package-lock.json');

test.each(contexts)('%s says on one page what it owns and what others may import', (context) => {
  const readme = join(root, 'src', context, 'README.md');
  expect(existsSync(readme)).toBe(true);
  expect(readFileSync(readme, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(60);
  expect(existsSync(join(root, 'src', context, 'index.ts'))).toBe(true);
});

test('a function without a doc comment is found, one with is not', () => {
  const text = [
    'export const bare = () => 1;',
    'export function bareFunction() {}',
    'export class Bare {}',
    '/** What it is for. */',
    'export const told = () => 1;',
    '@Injectable() export class Service {}',
    'const inner = () => 1;',
    'export const table = { a: 1 };',
  ].join('\n');
  expect(withoutDocComment('x.ts', text)).toEqual(['bare', 'bareFunction', 'Bare']);
});

test('every exported function and class of the program has a doc comment', () => {
  const missing = productFiles().flatMap(({ path, text }) =>
    withoutDocComment(path, text).map((name) => `${path}: ${name}`),
  );
  expect(missing).toEqual([]);
});

test('no name says what everything is: manager, helper, util, base, impl', () => {
  const vague = /(^|[/.-])(managers?|helpers?|utils?|base|impl)([/.-]|$)/;
  const files = ['src', 'test', 'bench', 'scripts'].flatMap((folder) => filesIn(folder, /\.m?ts$/));
  expect(files.map(({ path }) => path).filter((path) => vague.test(path))).toEqual([]);
});

test('every version of package.json is exact, and the one of the lock', () => {
  const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  const locked = wanted.map(([name]) => [name, lock.packages[`node_modules/${name}`]?.version]);
  expect(wanted).toEqual(locked);
});

test('the lock names no registry but the public one', () => {
  const hosts = Object.values(lock.packages).flatMap(({ resolved }) =>
    resolved === undefined ? [] : [new URL(resolved).host],
  );
  expect(hosts.filter((host) => host !== 'registry.npmjs.org')).toEqual([]);
});

test('no file names a folder of the machine it was written on', () => {
  const files = ['src', 'test', 'bench', 'scripts', 'docs'].flatMap((folder) =>
    filesIn(folder, /\.(ts|mjs|md|json)$/),
  );
  const personal = /(?<![\w.])\/(home|Users|root)\/\w/;
  expect(files.filter(({ text }) => personal.test(text)).map(({ path }) => path)).toEqual([]);
});
