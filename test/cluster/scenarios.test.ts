import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chaoslab, startChaoslab } from './chaoslab.ts'
import { healthyLab } from './healthy-lab.ts'
import { expectGood, ONCE, play } from './play.ts'

// Scenarios by the real command: what it judges, its exit code, and what it leaves. The one that loses writes is played
// in audit.test.ts.

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'chaoslab-runs-'))
  const t = await healthyLab()
  await t[Symbol.asyncDispose]()
})
afterAll(() => rm(folder, { recursive: true }))

test('with synchronous replication nothing is lost by the same cut', async () => {
  const played = await play('hw3/scenarios/homework/06-leader-cut-off-synchronous.yaml', folder)
  expectGood(played)
  expect(played.suite.scenarios[0]?.repeats[0]?.figures.lost_writes).toBe(0)
})

test('a scenario that expects too much fails, and says of what', async () => {
  const file = path.join(folder, 'too-much.yaml')
  await writeFile(
    file,
    `name: no outage without a proxy
traffic: { writes: 50/s, reads: 50/s }
steps:
  - inject: stop
    target: haproxy
    for: 2s
  - wait: healthy
    within: 60s
expect:
  write_outage: "< 100ms"
`,
  )
  const { ended, suite, junit } = await play(file, folder)
  expect(ended, ended.stdout + ended.stderr).toMatchObject({ code: 1 })
  expect(suite.judgement).toBe('fail')
  expect(junit).toMatch(/<failure/)
})

test('an interrupted run heals what it had in force, and leaves nothing', async () => {
  const file = path.join(folder, 'cut.yaml')
  await writeFile(file, 'name: cut\nsteps:\n  - { inject: isolate, target: replica }\n  - hold: 10m\n')
  await using running = startChaoslab(['run', file, ...ONCE, '--out', folder])
  await running.printed(/was cut off from etcd/)
  running.send('SIGINT')
  const ended = await running.ended()
  expect(ended, ended.stdout + ended.stderr).toMatchObject({ code: 130 })
  await using t = await healthyLab()
  await t.healthy()
  const well = await chaoslab(['doctor'])
  expect(well, well.stdout).toMatchObject({ code: 0 })
})
