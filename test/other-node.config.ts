import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { common } from '../vitest.config.js';

/** What a Node may change: itself with its zones and its network, and the binaries of packages. */
const ROOMS = ['domain', 'http', 'stores/journal'];
const FILES = ['stores/*', ...['page-answers', 'settings', 'waiting'].map((name) => `stores/redis/${name}`)];

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    ...common,
    isolate: false,
    include: [
      ...ROOMS.map((room) => `test/${room}/**/*.test.ts`),
      ...FILES.map((file) => `test/${file}.test.ts`),
    ],
    // What is flipped and restored says as much on one Node.
    exclude: [...configDefaults.exclude, '**/*.long.test.ts', '**/flips.test.ts', '**/restores.test.ts'],
  },
});
