import js from '@eslint/js'
import jsxA11y from 'eslint-plugin-jsx-a11y'
import reactHooks from 'eslint-plugin-react-hooks'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

// These Mantine parts write <style> elements while they run. The content security policy refuses those, and the
// layout would silently fall apart. Use the classes of src/ui/layout.module.css, or CSS modules.
const inlineStyleParts = ['AppShell', 'Grid', 'SimpleGrid', 'Marquee']

export default defineConfig(
  globalIgnores(['src/contracts/**', 'node_modules/**']),
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Redirects and not-found answers of the router are thrown values.
      '@typescript-eslint/only-throw-error': ['error', { allow: [{ from: 'package', package: '@tanstack/router-core', name: ['Redirect', 'NotFoundError'] }] }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/consistent-type-definitions': 'off',
      complexity: ['error', 14],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-restricted-imports': [
        'error',
        { paths: [{ name: '@mantine/core', importNames: inlineStyleParts, message: 'It writes inline styles, which the content security policy refuses.' }] },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'JSXAttribute > JSXExpressionContainer > ObjectExpression > Property[key.name="base"]',
          message: 'Responsive style props write <style> elements, which the content security policy refuses: use a CSS module.',
        },
        {
          selector: 'MemberExpression[object.name=/^(localStorage|sessionStorage)$/]',
          message: 'Only src/session/preferences.ts keeps things in the browser: no token, no vehicle data.',
        },
      ],
    },
  },
  {
    files: ['**/*.tsx'],
    extends: [jsxA11y.flatConfigs.strict, reactHooks.configs.flat.recommended],
  },
  {
    files: ['scripts/**', '*.config.{ts,js}', '*.cjs', '.*.cjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly', module: 'writable', require: 'readonly' } },
  },
  {
    // Page and server meet as they are: nothing between them is played.
    files: ['e2e/**', 'bench/**'],
    rules: {
      'no-restricted-properties': ['error', ...['route', 'routeWebSocket', 'routeFromHAR'].map((property) => ({ property, message: 'Browser tests play no answer of the server.' }))],
    },
  },
  {
    files: ['src/session/preferences.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.test.{ts,tsx}', 'tests/**'],
    rules: { 'max-lines': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
)
