// Everything is turned into CommonJS, node_modules too: NestJS 12 ships ES modules only, and jest
// needs an experimental flag for those. The transforms are cached in node_modules/.cache.
const commonjs = { type: 'commonjs', ignoreDynamic: false };

const typescript = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2023',
    keepClassNames: true,
  },
  module: commonjs,
  sourceMaps: 'inline',
};

const javascript = {
  jsc: { parser: { syntax: 'ecmascript' }, target: 'es2023', keepClassNames: true },
  module: commonjs,
  sourceMaps: false,
};

const shared = {
  testEnvironment: 'node',
  transform: {
    '\\.ts$': ['@swc/jest', typescript],
    '\\.[cm]?js$': ['@swc/jest', javascript],
  },
  transformIgnorePatterns: [],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  roots: ['<rootDir>/src', '<rootDir>/test'],
};

/**
 * Specs that start real processes or a browser; `npm run check` leaves them out. The name of a
 * project is what the summary of a run calls the suite.
 */
const slowSpecs = [
  '<rootDir>/test/faults/.*\\.spec\\.ts$',
  '<rootDir>/test/browser/.*\\.spec\\.ts$',
];

/** Long runs: soaks, sizes of real networks, the suites of others. `npm run test:nightly` alone. */
const nightlySpecs = ['<rootDir>/test/nightly/.*\\.spec\\.ts$'];

/**
 * Specs that start Kafka and Cassandra: `npm test` and `npm run test:cluster` run them. The
 * checker is proven without any.
 */
const clusterSpecs = ['<rootDir>/test/cluster/(?!checker/).*\\.spec\\.ts$'];
const checkerSpecs = ['<rootDir>/test/cluster/checker/.*\\.spec\\.ts$'];

export default {
  maxWorkers: 2,
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  testTimeout: 30_000,
  projects: [
    {
      ...shared,
      displayName: 'fast',
      testMatch: ['<rootDir>/{src,test}/**/*.spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...slowSpecs, ...nightlySpecs, ...clusterSpecs],
    },
    {
      ...shared,
      displayName: 'slow',
      testMatch: ['<rootDir>/test/{faults,browser}/**/*.spec.ts'],
    },
    {
      ...shared,
      displayName: 'nightly',
      testMatch: ['<rootDir>/test/nightly/**/*.spec.ts'],
    },
    {
      ...shared,
      displayName: 'cluster',
      testMatch: ['<rootDir>/test/cluster/**/*.spec.ts'],
      globalSetup: '<rootDir>/test/cluster/support/global-setup.mjs',
      globalTeardown: '<rootDir>/test/cluster/support/global-teardown.mjs',
      testPathIgnorePatterns: ['/node_modules/', ...checkerSpecs],
    },
  ],
};
