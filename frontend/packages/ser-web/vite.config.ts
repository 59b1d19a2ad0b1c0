import { defineConfig } from 'vite';

/** One module with its WebAssembly beside it, for pages without a bundler. */
export default defineConfig({
  base: './',
  build: {
    target: 'es2022',
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: 'src/load.ts',
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: 'ser-web.js', assetFileNames: '[name][extname]' },
    },
  },
});
