import { afterAll, beforeAll, expect, test } from 'vitest'
import { composeProject } from '../../src/cli/compose-project.ts'
import { asComposed } from '../../src/docker/as-composed.ts'
import { composeDown, findCompose } from '../../src/docker/compose.ts'
import { connectEngine } from '../../src/docker/engine.ts'
import { readLabDefinition } from '../../src/lab/definition.ts'
import { leaderOf } from '../../src/systems/state.ts'
import { act } from './act.ts'
import { type ComposeV2, composeV2 } from './compose-v2.ts'
import { healthyLab } from './healthy-lab.ts'
import { removeLab } from './new-lab.ts'

const FILE = 'test/cluster/second/lab.yaml'
let compose: ComposeV2

// The shipped cluster is made by whatever compose tool the machine has; this one by version 2 where it can be had.
beforeAll(async () => {
  compose = await composeV2()
})

afterAll(() => removeLab(FILE))

test('a lab definition of its own attaches to a cluster with other names, scope, namespace and ports', async () => {
  await using t = await healthyLab(FILE)
  expect(Object.keys(t.state().containers).sort()).toEqual(['balancer', 'dcs', 'pg-a', 'pg-b'])
  const leader = leaderOf(t.state()) as string
  expect(['alpha', 'beta']).toContain(leader)
  await t.until('writes are served by the leader, by its own name', ({ traffic }) => {
    const served = traffic.ticks.at(-1)?.write.byServer ?? {}
    return Object.keys(served).length === 1 && (served[leader] ?? 0) > 0
  })
  await act(t.lab, 'stop', leader)
  await t.until('the other one leads', (s) => leaderOf(s) !== null && leaderOf(s) !== leader)
  await t.until('the outage has its failover', (s) => s.failovers.some((f) => f.from === leader && f.outage !== null))
  await act(t.lab, 'start', leader)
  await t.healthy()
  await t.traffic()
})

test('Compose v2 takes a cluster up and down', async ({ skip }) => {
  if (!compose.isThere) return skip(`no Compose v2: ${compose.why}`)
  const project = composeProject(await readLabDefinition(FILE))
  const tool = await findCompose()
  expect(tool?.command).toEqual(['docker', 'compose'])
  const engine = await connectEngine()
  const filters = { label: [`com.docker.compose.project=${project.project}`] }
  const made = async () => {
    const containers = await engine.call((docker) => docker.listContainers({ all: true, filters }))
    return containers.map(({ Labels }) => Number(Labels['com.docker.compose.version']?.split('.')[0]) >= 2)
  }
  try {
    expect(await made()).toEqual([true, true, true, true])
    // It says of what it has made that it would make the same.
    if (tool) expect(await (await asComposed(engine, tool, project, []))()).toBe(true)
    if (tool) await composeDown(tool, project, { hasVolumes: true })
    expect(await made()).toEqual([])
  } finally {
    engine.close()
  }
})
