import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: './test/web/once.ts',
    setupFiles: './test/setup.ts',
    include: ['test/web/screenshots.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
