import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import react from '@vitejs/plugin-react';
import icons from 'unplugin-icons/vite';
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
    // Other servers than ours would not know what to do with them.
    apply: (_, { command, mode }) => command === 'build' && mode !== 'static',
    writeBundle({ dir = '' }, bundle) {
      for (const name of Object.keys(bundle).filter((each) => files.test(each))) {
        const content = readFileSync(join(dir, name));
        // The best takes half a minute for the runtime.
        const params = { [constants.BROTLI_PARAM_QUALITY]: content.length < 1e6 ? 11 : 9 };
        writeFileSync(join(dir, `${name}.br`), brotliCompressSync(content, { params }));
        writeFileSync(join(dir, `${name}.gz`), gzipSync(content));
      }
    },
  };
}

/** Compiles the page's words, so that the browser needs no parser for them. */
function compiledMessages(): Plugin {
  return {
    name: 'compiled-messages',
    enforce: 'pre',
    transform: {
      filter: { id: /\/src\/locales\/.*\.json$/ },
      handler: (code) => {
        const messages = Object.entries(JSON.parse(code) as Record<string, string>);
        return JSON.stringify(
          Object.fromEntries(messages.map(([id, message]) => [id, compileMessage(message)])),
        );
      },
    },
  };
}

/** Names of the service worker's program and of what it keeps of the page: all but what only the device needs. */
const SERVICE_WORKER = 'sw.js';
const OF_THE_DEVICE = /\.(wasm|onnx)$/;

/** Tells the service worker what the page consists of. */
function pageFiles(): Plugin {
  const folder = new URL('public/', import.meta.url);
  return {
    name: 'page-files',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const program = Object.values(bundle).find(({ fileName }) => fileName === SERVICE_WORKER);
      if (program?.type !== 'chunk') return;
      const built = Object.values(bundle).filter(
        (file) => file !== program && !OF_THE_DEVICE.test(file.fileName),
      );
      const version = createHash('sha256');
      for (const file of built) version.update(file.type === 'chunk' ? file.code : file.source);
      for (const name of readdirSync(folder)) version.update(readFileSync(new URL(name, folder)));
      const names = [...built.map(({ fileName }) => fileName), ...readdirSync(folder)];
      // Servers give the page itself for its folder.
      const files = names.map((name) => (name === 'index.html' ? './' : name));
      program.code = program.code
        .replace('PAGE_FILES', JSON.stringify(files))
        .replace('PAGE_VERSION', JSON.stringify(version.digest('hex').slice(0, 16)));
    },
  };
}

export default defineConfig({
  // The page may lie in any folder of a site.
  base: './',
  plugins: [
    react(),
    icons({ compiler: 'jsx', jsx: 'react' }),
    compiledMessages(),
    pageFiles(),
    compressed(/^assets\/.*\.(css|js|wasm)$/),
  ],
  css: {
    preprocessorOptions: {
      // Bootstrap's parts still use what newer versions of Sass will no longer know.
      scss: { loadPaths: ['node_modules'], quietDeps: true, silenceDeprecations: ['import'] },
    },
  },
  resolve: { alias: { '@': new URL('src', import.meta.url).pathname } },
  build: {
    rollupOptions: {
      input: { index: 'index.html', sw: 'src/serviceWorker/sw.ts' },
      output: {
        entryFileNames: ({ name }) => (name === 'sw' ? SERVICE_WORKER : 'assets/[name]-[hash].js'),
        // It changes less often than the page, and browsers keep what did not change.
        codeSplitting: {
          groups: [{ name: 'react', test: /\/node_modules\/(react|react-dom|scheduler)\// }],
        },
      },
    },
  },
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
    // The colours in the one and the classes in the other are tested.
    css: { include: [/theme\.css/, /bootstrap/] },
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
