import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { common } from '../vitest.config.js';

/** What needs minutes or chance, as often as TALLYBOARD_TEST_REPETITIONS says. */
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    ...common,
    include: ['test/**/*.long.test.ts'],
    // What failed is said last.
    reporters: ['default', './test/tried-reporter.ts', './test/outcome-reporter.ts'],
    testTimeout: 12 * 3_600_000,
  },
});
