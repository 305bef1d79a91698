import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { defineConfig } from 'vitest/config'

// React as the command runs it: its other build takes twice as long.
process.env.NODE_ENV = 'production'

// Whatever a test leaves in the folder for temporary files goes when the run ends.
const temporary = mkdtempSync(path.join(os.tmpdir(), 'chaoslab-tests-'))
process.env.TMPDIR = temporary
process.once('exit', () => rmSync(temporary, { recursive: true, force: true }))

const HOSTS = ['test/cluster/hosts/*.test.ts']

export default defineConfig({
  test: {
    projects: [
      // A thread a core, each for many files: nothing of a test outlives its file, and to load everything anew for each took half the time.
      { test: { name: 'unit', isolate: false, pool: 'threads', maxWorkers: '100%', testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000, interval: 10 } }, include: ['test/**/*.test.{ts,tsx}'], exclude: ['test/cluster/**'], sequence: { groupOrder: 0 } } },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          exclude: HOSTS,
          fileParallelism: false,
          // After the unit tests: those would take the CPU from the cluster.
          sequence: { groupOrder: 1 },
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      // After all others: three engines more, with a cluster over them, have the machine to themselves.
      { test: { name: 'hosts', include: HOSTS, sequence: { groupOrder: 2 } } },
    ],
  },
})
