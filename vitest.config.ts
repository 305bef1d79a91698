import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { defineConfig } from 'vitest/config'

// Whatever a test leaves in the folder for temporary files goes when the run ends.
const temporary = mkdtempSync(path.join(os.tmpdir(), 'chaoslab-tests-'))
process.env.TMPDIR = temporary
process.once('exit', () => rmSync(temporary, { recursive: true, force: true }))

export default defineConfig({
  test: {
    projects: [
      // One thread for many files: nothing of a test outlives its file, and to load everything anew for each took half the time.
      { test: { name: 'unit', isolate: false, pool: 'threads', testTimeout: 30_000, expect: { poll: { timeout: 20_000 } }, include: ['test/**/*.test.{ts,tsx}'], exclude: ['test/cluster/**'], sequence: { groupOrder: 0 } } },
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
