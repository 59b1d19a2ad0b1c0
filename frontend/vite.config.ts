import { readdirSync, readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const backend = 'http://127.0.0.1:5000';
const backendPaths = [
  '/predict',
  '/baseline',
  '/analyze',
  '/timeline',
  '/health',
  '/models',
  '/comparison',
  '/openapi.json',
  '/docs',
];

// `vi.mock` replaces a module for all files of a worker that load it later.
const mockingTests = readdirSync(new URL('src', import.meta.url), { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.test\.tsx?$/.test(file))
  .map((file) => `src/${file}`)
  .filter((file) =>
    readFileSync(new URL(file, import.meta.url), 'utf8').includes('vi.mock('),
  );

export default defineConfig({
  plugins: [react()],
  server: {
    proxy: {
      // The server compares the page's origin with the host that it is asked for.
      ...Object.fromEntries(
        backendPaths.map((path) => [path, { target: backend, changeOrigin: false }]),
      ),
      '/stream': { target: backend, ws: true },
    },
  },
  test: {
    environment: 'jsdom',
    setupFiles: 'src/test/setup.ts',
    // Over only where something hangs: a machine may be slow, and busy with other work.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    unstubGlobals: true,
    // The colours in it are tested.
    css: { include: [/theme\.css/] },
    pool: 'threads',
    // A jsdom per worker, not per file: to make one takes longer than most tests.
    projects: [
      {
        extends: true,
        test: { name: 'shared', isolate: false, exclude: ['node_modules/**', ...mockingTests] },
      },
      { extends: true, test: { name: 'mocking', include: mockingTests } },
    ],
  },
});
