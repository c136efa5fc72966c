import { defineConfig } from 'vitest/config';

/**
 * Two sets of tests. `core` runs anywhere, in parallel and fast. `hosts` starts real daemons and foreign programs: one
 * file at a time, after everything else, because its tests share the machine's network and are timed by real clocks.
 */
const REAL_WORLD = ['test/hosts/**/*.test.ts', 'test/interop/**/*.test.ts'];

export default defineConfig({
  test: {
    restoreMocks: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'core',
          include: ['test/**/*.test.ts'],
          exclude: REAL_WORLD,
          testTimeout: 20_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'hosts',
          include: REAL_WORLD,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
