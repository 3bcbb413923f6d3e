import { inPlantedTree } from './planted.js';

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

const importing = (...modules: readonly string[]): string =>
  modules.map((name) => `import '${name}';\n`).join('') + 'export const planted = 1;\n';

/** Files with one forbidden import each, but for those that are there to be imported. */
const planted: Readonly<Record<string, string>> = {
  'src/main.ts': importing(
    ...['agreements', 'ingest', 'billing-window'].map((name) => `./${name}/index.js`),
    './agreements/agreements.service.js',
    './platform/http/page.js',
    './ingest/ingest.step.js',
  ),
  'src/agreements/index.ts': importing('./domain/agreement.js'),
  'src/agreements/domain/agreement.ts': importing('../../ingest/index.js'),
  'src/agreements/agreements.service.ts': importing('@nestjs/common', '../platform/http/page.js'),
  'src/ingest/index.ts': importing('./domain/dedupe.js', './domain/fuzzy.js'),
  'src/ingest/domain/dedupe.ts': importing('@duckdb/node-api', 'node:fs'),
  'src/ingest/domain/fuzzy.ts': importing('fast-check', '@nestjs/common'),
  'src/ingest/ingest.step.ts': importing(
    '../agreements/index.js',
    '../agreements/domain/agreement.js',
  ),
  'src/ingest/only-in-a-spec.ts': importing(),
  'src/ingest/only-in-a-spec.spec.ts': importing('./only-in-a-spec.js'),
  'src/billing-window/index.ts': importing('./period.js', '../data-records/index.js'),
  'src/billing-window/period.ts': importing('./window.js'),
  'src/billing-window/window.ts': importing('./period.js'),
  'src/data-records/index.ts': importing('../platform/embedded/store.js'),
  'src/platform/embedded/store.ts': importing('@duckdb/node-api', '../../config/index.js'),
  'src/platform/http/page.ts': importing('../embedded/store.js', '../../agreements/index.js'),
  'src/config/index.ts': importing('../platform/http/page.js'),
};

const violations = inPlantedTree(planted, (command): Violation[] => {
  const args = ['--config=.dependency-cruiser.cjs', '--output-type=json', 'src'];
  const { output } = command('dependency-cruiser/bin/dependency-cruise.mjs', args);
  return (JSON.parse(output) as { summary: { violations: Violation[] } }).summary.violations;
});

const found = (rule: string): string[] =>
  violations
    .filter(({ rule: { name } }) => name === rule)
    .map(({ from, to }) => `${from} → ${to.replace(/^.*node_modules\//, '')}`);

test.each([
  [
    'a domain that knows another context the other way round',
    'src/agreements/domain/agreement.ts → src/ingest/index.ts',
  ],
  [
    'a context that looks past the index of another',
    'src/ingest/ingest.step.ts → src/agreements/domain/agreement.ts',
  ],
  [
    'an edge between contexts that nobody decided',
    'src/billing-window/index.ts → src/data-records/index.ts',
  ],
  [
    'a driver used outside an adapter',
    'src/data-records/index.ts → src/platform/embedded/store.ts',
  ],
  ['a driver that knows another', 'src/platform/http/page.ts → src/platform/embedded/store.ts'],
  ['a driver that knows the business', 'src/platform/http/page.ts → src/agreements/index.ts'],
  ['settings that know a driver', 'src/config/index.ts → src/platform/http/page.ts'],
])('%s is refused', (_, edge) => {
  expect(found('not-in-allowed')).toContain(edge);
});

test('edges that were decided are not refused', () => {
  const refused = found('not-in-allowed');
  expect(refused).not.toContain('src/ingest/ingest.step.ts → src/agreements/index.ts');
  expect(refused).not.toContain('src/agreements/agreements.service.ts → src/platform/http/page.ts');
  expect(refused).not.toContain('src/platform/embedded/store.ts → src/config/index.ts');
});

test('a cycle is refused', () => {
  expect(found('no-cycle')).toEqual(
    expect.arrayContaining(['src/billing-window/period.ts → src/billing-window/window.ts']),
  );
});

test('a file that only its spec imports is refused', () => {
  const orphans = found('no-file-nobody-imports').map((edge) => edge.split(' ')[0]);
  expect(orphans).toEqual(['src/ingest/only-in-a-spec.ts']);
});

test('DuckDB is refused outside its adapters, and only there', () => {
  const [refused, ...more] = found('duckdb-only-in-its-adapters');
  expect(refused).toMatch(/^src\/ingest\/domain\/dedupe\.ts → @duckdb\/node-api/);
  expect(more).toEqual([]);
});

test('Nest is refused inside, not at the edge', () => {
  const [refused, ...more] = found('nest-only-at-the-edge');
  expect(refused).toMatch(/^src\/ingest\/domain\/fuzzy\.ts → @nestjs\/common/);
  expect(more).toEqual([]);
});

test('a domain that reads files is refused', () => {
  expect(found('pure-inside')).toEqual(['src/ingest/domain/dedupe.ts → fs']);
});

test('a package for tests is refused in the product', () => {
  expect(found('no-test-package-in-the-product')).toHaveLength(1);
});
