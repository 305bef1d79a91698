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

/** What starts programs, browsers or servers. */
const PROGRAMS = [
  'test/{cli,docker,traffic}/*.test.ts',
  'test/lab/{discover,clients/*}.test.ts',
  'test/labs/registrations/{api,logic,page}.test.ts',
  'test/labs/vectors/http.test.ts',
  'test/observe/{haproxy,patroni,postgres}.test.ts',
  'test/report/{chromium,suite-chromium}.test.ts',
  'test/systems/sharded/{aim-at-gate,second-executor}.test.ts',
  'test/workloads/registrations/register.test.ts',
]
const HOSTS = ['test/cluster/hosts/*.test.ts']

/** A thread a core, each for many files: nothing of a test outlives its file, and to load everything anew for each took half the time. */
const SHARED = { isolate: false, pool: 'threads', maxWorkers: '100%', testTimeout: 120_000, hookTimeout: 120_000 } as const
/** A busy machine is no failure. */
const PATIENT = { poll: { timeout: 60_000, interval: 10 } }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...SHARED,
          name: 'unit',
          expect: PATIENT,
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/cluster/**', ...PROGRAMS],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...SHARED,
          name: 'programs',
          // One more than cores: half of their time they wait for what they have started.
          maxWorkers: os.availableParallelism() + 1,
          expect: PATIENT,
          include: PROGRAMS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'cluster',
          expect: { poll: { timeout: 120_000, interval: 100 } },
          include: ['test/cluster/**/*.test.ts'],
          exclude: HOSTS,
          fileParallelism: false,
          // After all that is without one: that would take the CPU from the cluster.
          sequence: { groupOrder: 2 },
          testTimeout: 480_000,
          hookTimeout: 480_000,
        },
      },
      // After all others: three engines more, with a cluster over them, have the machine to themselves.
      { test: { name: 'hosts', include: HOSTS, sequence: { groupOrder: 3 } } },
    ],
  },
})
