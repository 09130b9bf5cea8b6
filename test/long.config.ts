import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { common } from '../vitest.config.js';

/** What needs minutes or chance, as often as TALLYBOARD_TEST_REPETITIONS says. */
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    ...common,
    include: ['test/**/*.long.test.ts'],
    reporters: [...common.reporters, './test/tried-reporter.ts'],
    testTimeout: 12 * 3_600_000,
  },
});
