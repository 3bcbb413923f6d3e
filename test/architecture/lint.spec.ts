import { inPlantedTree } from './planted.js';

const longFunction = `export const long = (): void => {\n${'  // a line\n'.repeat(70)}};\n`;

const branches = [
  'export const f = (n: number): number => {',
  ...Array.from({ length: 11 }, (_, i) => `  if (n === ${i}) return ${i};`),
  '  return 0;',
  '};',
].join('\n');

const planted: Readonly<Record<string, string>> = {
  'src/streaming/clock.ts': [
    'export const a = Date.now();',
    'export const b = new Date();',
    'export const c = Math.random();',
    'setTimeout(() => {}, 1);',
    'export const fine = new Date(0);',
  ].join('\n'),
  'src/platform/clock.ts': 'export const nowMs = (): number => Date.now();\n',
  'src/ingest/default.ts': 'const x = 1;\nexport default x;\n',
  'src/ingest/any.ts': 'export const x = (y: any): unknown => y;\n',
  'src/ingest/floating.ts': 'const wait = async (): Promise<void> => {};\nwait();\n',
  'src/ingest/type-import.ts':
    "import { RowStore } from './row-store.js';\nexport type X = RowStore;\n",
  'src/ingest/row-store.ts': 'export interface RowStore {\n  readonly a: 1;\n}\n',
  'src/ingest/left.ts': '// TODO: later\nexport const x = 1;\n',
  'src/ingest/long.ts': longFunction,
  'src/ingest/wide.ts': `export const x = '${'x'.repeat(100)}';\n`,
  'src/ingest/tall.ts': 'export {};\n'.repeat(401),
  'src/ingest/parameters.ts': 'export const f = (a: 1, b: 1, c: 1, d: 1) => [a, b, c, d];\n',
  'src/ingest/branches.ts': branches,
  'src/ingest/silenced.ts':
    '// eslint-disable-next-line @typescript-eslint/no-explicit-any\nexport type X = any;\n',
};

interface FileReport {
  readonly filePath: string;
  readonly messages: readonly { readonly ruleId: string | null }[];
}

const rulesByFile = inPlantedTree(planted, (command): ReadonlyMap<string, string[]> => {
  const { output } = command('eslint/bin/eslint.js', ['--format=json', '.']);
  return new Map(
    (JSON.parse(output) as FileReport[]).map(({ filePath, messages }) => [
      filePath.slice(filePath.indexOf('/src/') + 1),
      messages.map(({ ruleId }) => ruleId ?? 'unreadable'),
    ]),
  );
});

test.each([
  [
    'time and chance outside the platform',
    'streaming/clock',
    Array(4).fill('no-restricted-syntax'),
  ],
  ['time in the platform', 'platform/clock', []],
  ['a default export', 'ingest/default', ['no-restricted-syntax']],
  ['any', 'ingest/any', ['@typescript-eslint/no-explicit-any']],
  ['a promise nobody waits for', 'ingest/floating', ['@typescript-eslint/no-floating-promises']],
  [
    'a type imported as a value',
    'ingest/type-import',
    ['@typescript-eslint/consistent-type-imports'],
  ],
  ['work left for later', 'ingest/left', ['no-warning-comments']],
  ['a function over 70 lines', 'ingest/long', ['max-lines-per-function']],
  ['a line over 100 characters', 'ingest/wide', ['max-len']],
  ['a file over 400 lines', 'ingest/tall', ['max-lines']],
  ['four parameters', 'ingest/parameters', ['@typescript-eslint/max-params']],
  ['eleven branches', 'ingest/branches', ['complexity']],
  ['a rule silenced without a reason', 'ingest/silenced', ['house/require-reason']],
])('lint on %s', (_, file, rules) => {
  expect(rulesByFile.get(`src/${file}.ts`)).toEqual(rules);
});
