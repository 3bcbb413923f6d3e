/**
 * The import allow-list (docs/ARCHITECTURE.md): an import that no line of `allowed` names is a
 * fault, so a new edge is a visible change of this file. `forbidden` says where packages may be
 * used, and what is never right.
 */

const nestEdge = '[.](service|controller|resolver|module|filter|openapi|dto)[.]ts$';
const spec = '[.]spec[.]ts$';
const context = 'agreements|import|ingest|billing-window|data-records|generator';
/** Composition: reads settings, picks adapters, starts and stops. */
const composition = '^src/([^/]+[.]ts$|(commands|wiring)/)';

/** Which context may know which, always through the other's index.ts. */
const contextEdges = [
  ['import', ['ingest']],
  ['ingest', ['agreements']],
  ['billing-window', ['agreements', 'ingest']],
  ['data-records', ['agreements', 'ingest', 'billing-window']],
  ['generator', ['import', 'agreements', 'data-records']],
];

const insideOneContext = [
  // Domain knows its own domain and codes; what it needs of others comes through their index.
  {
    from: { path: `^src/(${context})/domain/` },
    to: { path: '^src/$1/(domain/|errors[.]ts$)' },
  },
  // An adapter knows its port and its domain, not the services above it.
  {
    from: { path: `^src/(${context})/adapters/` },
    to: { path: '^src/$1/', pathNot: nestEdge },
  },
  { from: { path: `^src/(${context})/[^/]+[.]ts$` }, to: { path: '^src/$1/' } },
];

const betweenLayers = [
  { from: { path: `^src/(${context})/` }, to: { path: '^src/(streaming|values)/' } },
  { from: { path: `^src/(${context})/adapters/` }, to: { path: '^src/platform/' } },
  {
    from: { path: `^src/(${context})/[^/]+${nestEdge}` },
    to: { path: '^src/(platform/((http|telemetry)/|[^/]+[.]ts$)|config/)' },
  },
  { from: { path: '^src/(streaming|config|values|runtime)/' }, to: { path: '^src/$1/' } },
  // Hosts know the kernel and the platform, and no stream.
  { from: { path: '^src/runtime/' }, to: { path: '^src/(streaming/index[.]ts$|platform/)' } },
  // The shape of an error code, nothing else.
  { from: { path: '^src/(config|values)/errors[.]ts$' }, to: { path: '^src/streaming/' } },
  // Drivers do not know each other, only what lies at the top: clock, life cycle.
  { from: { path: '^src/platform/([^/]+)/' }, to: { path: '^src/platform/$1/' } },
  {
    from: { path: '^src/platform/' },
    to: { path: '^src/(streaming/|values/|config/|platform/(telemetry/|[^/]+[.]ts$))' },
  },
];

const outsideTheLayers = [
  { from: {}, to: { pathNot: '^(src|test|bench|scripts|web)/' } },
  { from: { path: composition }, to: { path: '^src/' } },
  { from: { path: '^(test|bench|scripts)/' }, to: { path: '^(src|test|bench|scripts)/' } },
  // A spec knows its own context whole, and of others what everyone may know.
  {
    from: { path: `^src/([^/]+)/.*${spec}` },
    to: { path: '^src/($1/|platform/|streaming/|values/|[^/]+/index[.]ts$)|^test/support/' },
  },
];

const onlyIn = (name, packages, places) => ({
  name,
  severity: 'error',
  from: { path: '^src/', pathNot: [spec, ...places] },
  to: { path: `(^|node_modules/)(${packages})` },
});

module.exports = {
  allowedSeverity: 'error',
  allowed: [
    ...insideOneContext,
    ...betweenLayers,
    ...outsideTheLayers,
    ...contextEdges.map(([from, to]) => ({
      from: { path: `^src/${from}/` },
      to: { path: `^src/(${to.join('|')})/index[.]ts$` },
    })),
  ],
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-file-nobody-imports',
      severity: 'error',
      from: { pathNot: spec },
      module: {
        path: '^src/',
        // entries of the bundle; types of packages that bring none
        pathNot: [spec, '^src/main[.]ts$', '[.]worker[.]ts$', '[.]d[.]ts$'],
        numberOfDependentsLessThan: 1,
      },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-test-package-in-the-product',
      severity: 'error',
      from: { path: '^src/', pathNot: spec },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    onlyIn('duckdb-only-in-its-adapters', '@duckdb/', ['^src/platform/embedded/', '/adapters/']),
    {
      name: 'wiring-knows-no-command',
      severity: 'error',
      from: { path: '^src/wiring/', pathNot: spec },
      to: { path: '^src/commands/' },
    },
    onlyIn('kafka-only-in-its-adapters', 'kafkajs', ['^src/platform/kafka/']),
    onlyIn('inner-parts-of-kafkajs-in-one-folder', 'kafkajs/src/', [
      '^src/platform/kafka/kafkajs/',
    ]),
    onlyIn('cassandra-only-in-its-adapters', 'cassandra-driver', [
      '^src/platform/cassandra/',
      '/adapters/',
    ]),
    onlyIn('nest-only-at-the-edge', '@nestjs/', [
      nestEdge,
      '^src/(main[.]ts$|wiring/)',
      '^src/commands/start[.]ts$',
      '^src/platform/(http/|stream-server[.]ts$)',
    ]),
    onlyIn('http-only-at-the-edge', '@apollo/|@fastify/|fastify|graphql(/|$)', [
      nestEdge,
      '^src/main[.]ts$',
      '^src/platform/(http/|stream-server[.]ts$)',
    ]),
    {
      name: 'pure-inside',
      comment: 'Domain and kernel do no input or output of their own.',
      severity: 'error',
      from: { path: '^src/([^/]+/domain|streaming|values)/', pathNot: spec },
      to: {
        path: '^(node:)?(fs|net|https?|http2|dgram|child_process|worker_threads|timers|os)(/|$)',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|test/nightly/suites)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
