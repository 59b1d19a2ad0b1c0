/** Resolves the page's own imports, '@/...', for eslint-plugin-import. */
const { join } = require('node:path');
const node = require('eslint-import-resolver-node');

const SOURCE = join(__dirname, 'src');

exports.interfaceVersion = 2;
exports.resolve = (name, file, config) =>
  node.resolve(name.startsWith('@/') ? join(SOURCE, name.slice(2)) : name, file, config);
