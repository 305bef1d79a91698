import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { suiteSchema } from '../../src/report/suite-schema.ts'
import { chaoslab, startChaoslab } from './chaoslab.ts'
import { healthyLab } from './healthy-lab.ts'

// Scenarios by the real command: what it judges, its exit code, and what it leaves.

const RUN = ['--trials', '1', '--no-metrics']
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'chaoslab-runs-'))
  const t = await healthyLab()
  await t[Symbol.asyncDispose]()
})
afterAll(() => rm(folder, { recursive: true }))

test.for([
  { file: 'hw3/scenarios/leader-cut-off.yaml', loses: true },
  { file: 'hw3/scenarios/homework/06-leader-cut-off-synchronous.yaml', loses: false },
])('$file: acknowledged writes are lost: $loses', async ({ file, loses }, { annotate }) => {
  const out = await mkdtemp(path.join(folder, 'out-'))
  const junit = path.join(out, 'junit.xml')
  const ended = await chaoslab(['run', file, ...RUN, '--out', out, '--junit', junit])
  expect(ended, ended.stdout + ended.stderr).toMatchObject({ code: 0 })
  const { judgement, lost } = await judged(out)
  await annotate(`${lost} lost`)
  expect(judgement).toBe('pass')
  if (loses) expect(lost).toBeGreaterThan(0)
  else expect(lost).toBe(0)
  const xml = await readFile(junit, 'utf8')
  expect(xml).toMatch(/<testcase /)
  expect(xml).not.toMatch(/<(failure|error)/)
})

test('a scenario that expects too much fails, and says of what', async () => {
  const out = await mkdtemp(path.join(folder, 'out-'))
  const file = path.join(out, 'too-much.yaml')
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
  const junit = path.join(out, 'junit.xml')
  const ended = await chaoslab(['run', file, ...RUN, '--out', out, '--junit', junit])
  expect(ended, ended.stdout + ended.stderr).toMatchObject({ code: 1 })
  expect((await judged(out)).judgement).toBe('fail')
  expect(await readFile(junit, 'utf8')).toMatch(/<failure/)
})

test('an interrupted run heals what it had in force, and leaves nothing', async () => {
  const out = await mkdtemp(path.join(folder, 'out-'))
  await using running = startChaoslab(['run', 'hw3/scenarios/leader-cut-off.yaml', ...RUN, '--out', out])
  await running.printed(/was cut off from etcd/)
  running.send('SIGINT')
  const ended = await running.ended()
  expect(ended, ended.stdout + ended.stderr).toMatchObject({ code: 130 })
  await using t = await healthyLab()
  await t.healthy()
  const well = await chaoslab(['doctor'])
  expect(well, well.stdout).toMatchObject({ code: 0 })
})

/** What the suite in the only folder below this one says. */
async function judged(out: string) {
  const [run = ''] = (await readdir(out, { withFileTypes: true }))
    .filter((each) => each.isDirectory())
    .map(({ name }) => name)
  const suite = suiteSchema.parse(JSON.parse(await readFile(path.join(out, run, 'suite.json'), 'utf8')))
  return { judgement: suite.judgement, lost: suite.scenarios[0]?.repeats[0]?.figures.lost_writes }
}
