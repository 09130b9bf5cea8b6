import { configDefaults, defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.js';

/** What the tests that a change is likely to break and the long ones have in common. */
export const common = {
  reporters: ['default', './test/outcome-reporter.ts'],
  // To end what hangs, and for nothing else: on a busy machine half a minute's work takes three of them.
  testTimeout: 600_000,
  hookTimeout: 300_000,
  // What is waited for comes late on a busy machine; the second that is usual is too little there.
  expect: { poll: { timeout: 60_000 } },
  // More than cores, because tests wait: for disks, for engines, for what comes a second later.
  maxWorkers: 3,
  sequence: { sequencer: LongestFirst },
  setupFiles: './test/setup.ts',
  globalSetup: ['./test/web/once.ts', './test/stores/redis/once.ts'],
};

export default defineConfig({
  test: {
    ...common,
    // A process runs many files, and loads what they import once: that took more than half of the time.
    isolate: false,
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/**/*.long.test.ts'],
  },
});
