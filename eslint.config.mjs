import js from '@eslint/js';
import tseslint from 'typescript-eslint';

// What the house's rules (CONTRIBUTING.md) let a machine see; who may import whom is .dependency-cruiser.cjs.
const house = {
  'no-empty': ['error', { allowEmptyCatch: false }],
  'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'], location: 'anywhere' }],
  // `== null` asks for null and undefined at once.
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-console': 'off',
  'prefer-const': 'error',
  'no-var': 'error',
  'object-shorthand': 'error',
  'no-else-return': 'off',
};

const noVagueNames = [
  'error',
  {
    selector: 'ClassDeclaration[id.name=/(Service|Manager|Helper|Helpers|Impl|Utils?)$/]',
    message: 'A class says what it does: no Service, Manager, Helper, Impl or Utils.',
  },
  {
    selector: "CallExpression[callee.object.name=/^(it|test|describe)$/][callee.property.name='only']",
    message: 'A test that runs alone hides the others.',
  },
  {
    selector: "Identifier[name='forwardRef']",
    message: 'Two providers that need each other are one subject, or a third is missing: no forwardRef.',
  },
];

// V8 takes a function that is assigned to a property for a method and allocates it in old space: all that it closes over, and what hangs
// on that, then outlives every collection but the full ones (a request's rows did, which made the others take 20 times as long).
const noFunctionsOnProperties = {
  selector:
    'AssignmentExpression[left.type="MemberExpression"]:matches([right.type="ArrowFunctionExpression"], [right.type="FunctionExpression"])',
  message: 'Give the function a name first (`const close = () => …; x.close = close`): assigned at once, V8 keeps it in old space.',
};

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/',
      '**/dist/',
      '**/bundle/',
      '.local/',
      '.nx/',
      '.ddex/',
      'coverage/',
      'libs/contracts/src/gen/',
      'helm/templates/',
      // What stands beside the checkout's own files while someone works.
      '**/*.d.ts',
    ],
  },
  js.configs.recommended,
  { rules: { ...house, 'no-restricted-syntax': noVagueNames } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A promise that nobody waits for loses its error.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false, attributes: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/restrict-plus-operands': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      // TypeScript itself knows.
      'no-undef': 'off',
    },
  },
  {
    files: ['libs/*/src/**/*.ts', 'services/*/src/**/*.ts'],
    rules: { 'no-restricted-syntax': [...noVagueNames, noFunctionsOnProperties] },
  },
  {
    // The JSON of an answer has no type; what it holds is what the test says of it.
    files: ['**/*.spec.ts', '**/test/**/*.ts'],
    rules: { '@typescript-eslint/no-explicit-any': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs', 'bin/*'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'Buffer',
          'console',
          'fetch',
          'URL',
          'AbortSignal',
          'AbortController',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'setImmediate',
          'performance',
          'structuredClone',
          'FormData',
          'Blob',
          'Response',
          'Headers',
          'TextDecoder',
          'TextEncoder',
        ].map((name) => [name, 'readonly']),
      ),
    },
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }] },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: Object.fromEntries(
        [
          'require',
          'module',
          '__dirname',
          '__filename',
          'exports',
          'describe',
          'it',
          'test',
          'expect',
          'beforeAll',
          'afterAll',
          'beforeEach',
          'afterEach',
          'jest',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
