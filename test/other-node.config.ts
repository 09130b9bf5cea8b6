import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { common } from '../vitest.config.js';

/** What a Node may change: itself, its network, the binaries of packages. Left out is what says as much on one. */
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    ...common,
    isolate: false,
    include: ['test/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      'test/**/*.long.test.ts',
      'test/faults/**',
      'test/**/*faults*',
      'test/web/**',
      'test/contract/conformance*',
      'test/stores/redis/conformance*',
      'test/stores/redis/archive-*',
    ],
  },
});
