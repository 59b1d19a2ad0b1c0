import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
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

/** Writes smaller copies beside large files: the server sends the one that a browser can read. */
function compressed(files: RegExp): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir = '' }, bundle) {
      for (const name of Object.keys(bundle).filter((each) => files.test(each))) {
        const content = readFileSync(join(dir, name));
        const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
        writeFileSync(join(dir, `${name}.br`), brotliCompressSync(content, { params }));
        writeFileSync(join(dir, `${name}.gz`), gzipSync(content));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), compressed(/\.(css|js|wasm)$/)],
  // ONNX Runtime is a module that finds its WebAssembly beside it.
  worker: { format: 'es' },
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
