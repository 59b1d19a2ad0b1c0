import { defineConfig } from 'vite';

/** Modules with their WebAssembly beside them, for pages without a bundler. */
export default defineConfig({
  base: './',
  build: {
    target: 'es2022',
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { 'ser-web': 'src/load.ts', decode: 'src/decode.ts' },
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: '[name].js', assetFileNames: '[name][extname]' },
    },
  },
});
