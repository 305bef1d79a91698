import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', testTimeout: 30_000, expect: { poll: { timeout: 20_000 } }, include: ['test/**/*.test.{ts,tsx}'], exclude: ['test/cluster/**'], sequence: { groupOrder: 0 } } },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          fileParallelism: false,
          // After the unit tests: those would take the CPU from the cluster.
          sequence: { groupOrder: 1 },
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
