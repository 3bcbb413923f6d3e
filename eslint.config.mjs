import tseslint from 'typescript-eslint';

/** Whatever makes a run depend on when it runs; src/platform hands these in as parameters. */
const impure = 'Time and chance are parameters; only src/platform asks for them (STYLE, take 5).';

const impureSyntax = [
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: impure },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: impure },
  { selector: "CallExpression[callee.name='Date']", message: impure },
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: impure },
  {
    selector: "MemberExpression[object.name='performance'][property.name='now']",
    message: impure,
  },
  {
    selector: 'CallExpression[callee.name=/^(setTimeout|setInterval|setImmediate|randomUUID)$/]',
    message: impure,
  },
  { selector: "ImportDeclaration[source.value='node:timers/promises']", message: impure },
];

const alwaysRefused = [{ selector: 'ExportDefaultDeclaration', message: 'Export by name.' }];

const limits = {
  'max-lines': ['error', { max: 400, skipBlankLines: false, skipComments: false }],
  'max-lines-per-function': ['error', { max: 70, skipBlankLines: false, skipComments: false }],
  complexity: ['error', 10],
  'max-params': 'off',
  '@typescript-eslint/max-params': ['error', { max: 3 }],
  'max-len': ['error', { code: 100, ignoreUrls: true, ignoreRegExpLiterals: false }],
  'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'] }],
};

const rules = {
  ...limits,
  eqeqeq: 'error',
  'no-console': 'error',
  'prefer-const': 'error',
  'no-var': 'error',
  'no-restricted-syntax': ['error', ...alwaysRefused, ...impureSyntax],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: true },
  ],
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
  '@typescript-eslint/no-unnecessary-condition': 'off',
  '@typescript-eslint/no-non-null-assertion': 'off',
  '@typescript-eslint/no-unnecessary-type-assertion': 'error',
  '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
  '@typescript-eslint/return-await': ['error', 'in-try-catch'],
  '@typescript-eslint/ban-ts-comment': ['error', { minimumDescriptionLength: 10 }],
  '@typescript-eslint/prefer-readonly': 'error',
};

/** A disabled rule must say why: `-- reason` after the rule's name. */
const requireReason = {
  meta: { type: 'problem', schema: [], messages: { missing: 'Say why: `-- reason`.' } },
  create: (context) => ({
    Program: () => {
      for (const comment of context.sourceCode.getAllComments()) {
        const text = comment.value.trim();
        if (/^eslint-disable/.test(text) && !/ -- .{8,}/.test(text)) {
          context.report({ loc: comment.loc, messageId: 'missing' });
        }
      }
    },
  }),
};

/** max-lines-per-function for specs: a `describe` is a chapter, not a function. */
const testLines = {
  meta: { type: 'problem', schema: [], messages: { long: '{{lines}} lines; at most 70.' } },
  create: (context) => {
    const check = (node) => {
      const isDescribe = node.parent?.callee?.name === 'describe';
      const lines = node.loc.end.line - node.loc.start.line + 1;
      if (!isDescribe && lines > 70) context.report({ node, messageId: 'long', data: { lines } });
    };
    return {
      FunctionDeclaration: check,
      FunctionExpression: check,
      ArrowFunctionExpression: check,
    };
  },
};

const house = { rules: { 'require-reason': requireReason, 'test-lines': testLines } };

export default tseslint.config(
  // the client of the suites is compiled against a schema that is generated then
  { ignores: ['dist/', 'coverage/', 'node_modules/', 'data/', 'test/nightly/suites/'] },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin, house },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: { ...rules, 'house/require-reason': 'error' },
  },
  {
    // The clock, timers and chance are asked for here; tests and scripts run on the real clock.
    files: ['src/platform/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...alwaysRefused] },
  },
  {
    files: ['**/*.{spec,contract}.ts'],
    rules: {
      'max-lines': ['error', { max: 800 }],
      'max-lines-per-function': 'off',
      'house/test-lines': 'error',
    },
  },
  {
    // Nest hands these in by type; they are never written as a call.
    files: ['**/*.{service,controller,resolver,module,filter}.ts'],
    rules: { '@typescript-eslint/max-params': ['error', { max: 6 }] },
  },
  {
    files: ['**/*.{mjs,cjs}'],
    plugins: { house },
    rules: {
      'house/require-reason': 'error',
      ...limits,
      '@typescript-eslint/max-params': 'off',
      'max-params': ['error', 3],
    },
  },
  {
    // The terminal is what these are for.
    files: ['bench/**/*.ts', 'scripts/**/*.ts', 'src/main.ts', 'src/commands/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
);
