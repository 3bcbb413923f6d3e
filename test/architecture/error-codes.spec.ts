import { dirname, join, relative } from 'node:path';
import { declared, declaredOfFeed, settingsFileSetting } from '../../src/config/declared.js';
import { codesOfModule } from '../../scripts/declared-codes.js';
import { printErrorsPage, type DeclaredCodes } from '../../scripts/errors-page.js';
import { filesIn, productFiles, root, type SourceFile } from './sources.js';

const isErrorsFile = ({ path }: SourceFile): boolean => /(^|\/)errors\.ts$/.test(path);

/** `load` returns what a module exports; jest has turned it into CommonJS. */
const load = (path: string): Readonly<Record<string, unknown>> =>
  jest.requireActual<Readonly<Record<string, unknown>>>(join(root, path));

const declaredCodes: DeclaredCodes[] = productFiles()
  .filter(isErrorsFile)
  .map(({ path }) => ({
    folder: relative('src', dirname(path)),
    codes: codesOfModule(load(path)),
  }));

const allCodes = declaredCodes.flatMap(({ codes }) => Object.keys(codes));

/** Codes of Fastify and of GraphQL that src/platform/http turns into ours. */
const foreignCodes = [
  'FST_ERR_CTP',
  'FST_ERR_BAD_URL',
  'HPE_HEADER_OVERFLOW',
  'ERR_HTTP_REQUEST_TIMEOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
];

/** Answers of brokers, rights, and ways to log in, as the protocol of Kafka names them. */
const wordsOfKafka = [
  'CONCURRENT_TRANSACTIONS',
  'DESCRIBE_CONFIGS',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_REQUEST',
  'INVALID_REQUIRED_ACKS',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_TRANSACTION_TIMEOUT',
  'INVALID_TXN_STATE',
  'MESSAGE_TOO_LARGE',
  'OFFSET_OUT_OF_RANGE',
  'PRODUCER_FENCED',
  'RECORD_LIST_TOO_LARGE',
  'SASL_PLAINTEXT',
  'SASL_SSL',
  'TOPIC_ALREADY_EXISTS',
  'UNSUPPORTED_VERSION',
];

const messageTypes = [
  'DATA_PLAN_EXCEEDED',
  'DATA_PLAN_EXCEEDED_RETRACTED',
  'BILLING_PERIOD_CLOSED',
  'BILLING_PERIOD_ADJUSTED',
];

const settings = [
  settingsFileSetting,
  ...Object.values(declared),
  ...Object.values(declaredOfFeed),
].map(({ name }) => name);

/** Words of the same shape that are no error codes of ours. */
const otherWords: ReadonlySet<string> = new Set([
  ...foreignCodes,
  ...wordsOfKafka,
  ...messageTypes,
  ...settings,
]);

/** Each `'UPPER_SNAKE'` literal of a text. */
export const codeLiterals = (text: string): string[] =>
  [...text.matchAll(/(['"`])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\1/g)].map(([, , word]) => word);

/** Codes a text names that nobody declared. */
const undeclaredIn = (text: string): string[] =>
  codeLiterals(text).filter((word) => !otherWords.has(word) && !allCodes.includes(word));

const used = productFiles().filter((file) => !isErrorsFile(file));

test('every folder of the program that declares codes is found', () => {
  expect(declaredCodes.map(({ folder }) => folder)).toEqual(
    expect.arrayContaining(['config', 'streaming', 'import', 'platform/embedded']),
  );
});

test('no two folders declare the same code', () => {
  expect(allCodes.filter((code, i) => allCodes.indexOf(code) !== i)).toEqual([]);
});

test('every code is UPPER_SNAKE and says in whole sentences what to do next', () => {
  for (const { codes } of declaredCodes) {
    for (const [code, { meaning, next }] of Object.entries(codes)) {
      expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
      expect(`${code} ${meaning}`).toMatch(/\.$/);
      expect(`${code} ${next}`).toMatch(/\.$/);
      expect(`${meaning}${next}`).not.toMatch(/[|\n]/);
    }
  }
});

test('a code that nobody declared is found', () => {
  expect(undeclaredIn("throw new Fault('NOBODY_DECLARED_THIS', 'Fatal', '')")).toEqual([
    'NOBODY_DECLARED_THIS',
  ]);
});

test('every code the program names is declared', () => {
  const undeclared = used.flatMap(({ path, text }) =>
    undeclaredIn(text).map((code) => `${path}: ${code}`),
  );
  expect(undeclared).toEqual([]);
});

test('every code that is declared is used', () => {
  const text = used.map((file) => file.text).join('\n');
  expect(allCodes.filter((code) => !new RegExp(`\\b${code}\\b`).test(text))).toEqual([]);
});

test('docs/errors.md is what `npm run docs` prints', () => {
  const [page] = filesIn('docs', /^docs\/errors\.md$/);
  expect(page.text).toBe(printErrorsPage(declaredCodes));
});
