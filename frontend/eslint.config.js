import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import importPlugin from 'eslint-plugin-import';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import { readdirSync } from 'node:fs';
import tseslint from 'typescript-eslint';

const features = readdirSync(`${import.meta.dirname}/src/features`);

const oneWayImports = [
  {
    target: ['src/components', 'src/lib'],
    from: ['src/features', 'src/app'],
    message: 'Shared code must not know the features or the app.',
  },
  {
    target: 'src/lib',
    from: 'src/components',
    message: 'Components may use lib, not the other way round.',
  },
  {
    target: 'src/features',
    from: 'src/app',
    message: 'A feature must not know the app.',
  },
  ...features.map((feature) => ({
    target: `src/features/${feature}`,
    from: 'src/features',
    // What is known of the speaker's voice goes with every request; the history keeps sessions.
    except: [...new Set([`./${feature}`, './voice', ...(feature === 'history' ? ['./session'] : [])])],
    message: 'A feature must not know another feature but voice; share through src/components or src/lib.',
  })),
];

const noBarrelFiles = ['ExportAllDeclaration', 'ExportNamedDeclaration[source]'].map(
  (selector) => ({ selector, message: 'Import from the file that defines it; no barrels.' }),
);

export default defineConfig({ ignores: ['**/dist', 'src/lib/api.gen.ts', '*.cjs'] }, js.configs.recommended, {
  files: ['**/*.{ts,tsx}'],
  extends: [
    tseslint.configs.strictTypeChecked,
    tseslint.configs.stylisticTypeChecked,
    reactHooks.configs.flat.recommended,
    jsxA11y.flatConfigs.strict,
  ],
  plugins: { import: importPlugin },
  languageOptions: {
    parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
  },
  settings: {
    'import/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
    'import/resolver': {
      [`${import.meta.dirname}/eslint-alias.cjs`]: { extensions: ['.ts', '.tsx'] },
    },
  },
  rules: {
    'import/no-cycle': 'error',
    'import/no-restricted-paths': [
      'error',
      { basePath: import.meta.dirname, zones: oneWayImports },
    ],
    'no-restricted-syntax': ['error', ...noBarrelFiles],
    '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
  },
});
