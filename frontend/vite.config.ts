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
  '/openapi.json',
  '/docs',
];

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
  },
});
