import { describe, expect, it } from 'vitest'
import { connectEngine } from '../../src/docker/engine.ts'
import { labContainers, type ScopedContainers } from '../../src/docker/lab-containers.ts'
import type { ContainerScope } from '../../src/docker/scope.ts'
import { composeContainer, type FakeEngine, startFakeEngine } from './fake-engine.ts'

const side = { image: 'tools', name: 'beside', labels: {}, command: ['true'] }
const foreign = composeContainer('db', { project: 'other' })
const oneoff = composeContainer('run', { oneoff: true })
const mine = composeContainer('web')

/** Everything that faults do to a container, by the name of a service. */
const ways: Readonly<Record<string, (containers: ScopedContainers, service: string) => Promise<unknown>>> = {
  facts: (containers, service) => containers.facts(service),
  log: (containers, service) => containers.log(service, 0),
  exec: (containers, service) => containers.exec(service, ['true']),
  startBeside: (containers, service) => containers.startBeside(service, side),
  runBeside: (containers, service) => containers.runBeside(service, side),
  runOnDisk: (containers, service) => containers.runOnDisk(service, side),
  sendSignal: (containers, service) => containers.sendSignal(service, 'KILL'),
  limitMemory: (containers, service) => containers.limitMemory(service, { memoryBytes: 1e9, memorySwapBytes: 1e9 }),
  limitCpu: (containers, service) => containers.limitCpu(service, { type: 'cores', nanoCpus: 1e9 }),
  blueprint: (containers, service) => containers.blueprint(service),
  remove: (containers, service) => containers.remove(service),
  act: (containers, service) => containers.act('kill', service),
}

const outside = [
  ['a service of another project', 'db'],
  ['the name of a foreign container', foreign.name],
  ['the id of a foreign container', foreign.id],
  ['a one-off run', 'run'],
  ['the id of one’s own container, which is no service', mine.id],
  ['a path', '../db'],
  ['nothing', ''],
] as const

describe.each(Object.keys(ways))('%s', (way) => {
  const call = ways[way] as (typeof ways)[string]

  it.each(outside)('of %s is refused, and no container is touched', async (_, name) => {
    await using fake = await engine()
    const error = await call(await labOn(fake, { project: 'demo' }), name).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'ContainerError', code: 'outside-scope' })
    expect(touched(fake)).toEqual([])
  })

  it('of a name that is not on the list is refused without a word to the engine', async () => {
    await using fake = await engine()
    const containers = await labOn(fake, { containers: ['pg1'] })
    fake.requests.length = 0
    await expect(call(containers, foreign.name)).rejects.toMatchObject({ code: 'outside-scope' })
    expect(fake.requests).toEqual([])
  })

  it('of the lab’s own reaches that container and no other', async () => {
    await using fake = await engine()
    await call(await labOn(fake, { project: 'demo' }), 'web').catch(() => {})
    const asked = touched(fake)
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.filter((request) => request.includes(foreign.id) || request.includes(oneoff.id))).toEqual([])
  })
})

async function engine(): Promise<FakeEngine> {
  const fake = await startFakeEngine()
  fake.containers.push(foreign, oneoff, mine)
  return fake
}

async function labOn(fake: FakeEngine, scope: ContainerScope): Promise<ScopedContainers> {
  return labContainers(await connectEngine(fake.environment), scope)
}

/** Requests that are about one container, or make one. */
function touched({ requests }: FakeEngine): string[] {
  return requests.filter((request) => /\/containers\/(?!json)/.test(request) || /^(POST|DELETE|PUT) /.test(request))
}
