import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/skipped-reporter.ts'],
    // To end what hangs, and for nothing else: on a busy machine half a minute's work takes three of them.
    testTimeout: 600_000,
    hookTimeout: 300_000,
    // What is waited for comes late on a busy machine; the second that is usual is too little there.
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
    globalSetup: './test/web/once.ts',
  },
});
