import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { stageWith } from '../../../src/cli/scenario-entries.ts'
import { readLabDefinition } from '../../../src/lab/definition.ts'
import { previewScenario } from '../../../src/scenario/preview.ts'
import { readScenario } from '../../../src/scenario/read-scenario.ts'
import { key, play } from '../../model/events.ts'

const lab = path.resolve(import.meta.dirname, '..', '..', '..', 'labs', 'hosts')
const files = readdirSync(path.join(lab, 'scenarios'))

/** What the steps would do while patroni3 leads, on host3, which is the site in the west. */
async function plan(file: string) {
  const definition = await readLabDefinition(path.join(lab, 'lab.yaml'))
  const { place, system } = definition
  const stage = stageWith(definition, place.shape)
  const scenario = await readScenario(path.join(lab, 'scenarios', file), stage)
  const state = play([
    [0, { type: 'run.started', startedAt: '2026-01-01T00:00:00.000Z', version: '', lab: place.shape }],
    [1, key('patroni3', 7)],
  ])
  return previewScenario(scenario, { ...stage, system, state: () => state }, 'seed')
}

it.each(files)('%s hits somebody with each of its faults', async (file) => {
  const now = (await plan(file)).filter((line) => /^\s*now:/.test(line))
  expect(now.length).toBeGreaterThan(0)
  expect(now.filter((line) => /there is none|no part|cannot be aimed/.test(line))).toEqual([])
})

it.each([
  ['leader-host-killed.yaml', /now: kill patroni3, etcd3, haproxy3$/],
  ['leader-host-cut-off.yaml', /now: cut host3 off from the other hosts/],
  ['site-with-majority-killed.yaml', /now: kill patroni1, patroni2, etcd1, etcd2, haproxy1, haproxy2$/],
  ['site-behind-slow-link.yaml', /10 % of the packets lost, 1 Mbit\/s each way between host3 and the other hosts/],
  ['leader-engine-hangs.yaml', /let the Docker engine of host3 hang for 20 s/],
])('%s aims at whole hosts', async (file, wanted) => {
  expect(await plan(file)).toContainEqual(expect.stringMatching(wanted))
})

it('tells what would remain of all the proxies that its clients will know', async () => {
  expect(await plan('leader-host-killed.yaml')).toContainEqual(
    expect.stringMatching(/through haproxy1 .* and haproxy2/),
  )
})
