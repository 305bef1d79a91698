import { afterEach, describe, expect, it } from 'vitest'
import { cutHost } from '../../src/faults/network/cut-host.ts'
import { scanNetwork } from '../../src/faults/network/leftovers.ts'
import { rejoinHost } from '../../src/faults/network/rejoin-host.ts'
import type { Part } from '../../src/faults/part.ts'
import { FakeClock } from '../traffic/fake-clock.ts'
import { done, type FakeOptions, type FakeScope, type FakeWorld, fakeScope, fakeWorld, parts } from './fake-world.ts'

const never = new AbortController().signal
const scopes: FakeScope[] = []
afterEach(() => {
  for (const scope of scopes.splice(0)) scope.close()
})

/** patroni1, etcd1 and haproxy on host1, and so on. */
const placed: readonly Part[] = parts.map((part) => ({ ...part, host: `host${/\d$/.exec(part.name)?.[0] ?? 1}` }))
const on = (...names: readonly string[]) => placed.filter(({ host }) => names.includes(host ?? ''))
const hosts = [1, 2, 3].map((number) => ({ name: `host${number}`, address: `10.0.0.${number}` }))

/** What the side container on a host prints: ready, and once it is told to, made and what was dropped. */
const says: NonNullable<FakeOptions['sideSays']> = ({ signals }) => {
  if (!signals.includes('SIGUSR2')) return 'ready'
  const chain = (name: string) => `chain ${name} {\n udp dport 4789 counter packets 4 bytes 9 drop\n}`
  return ['ready', 'made', chain('from'), chain('to'), 'done'].join('\n')
}

/** Containers reach other hosts until somebody has told a host to cut. */
function worldOf(options: FakeOptions = {}, isCutting = true): FakeWorld {
  const world = fakeWorld({
    sideSays: says,
    beside: (_service, command) => {
      if (!command.at(-1)?.includes('/dev/tcp/')) return done()
      const isCut = isCutting && [...world.sides.values()].some(({ signals }) => signals.includes('SIGUSR2'))
      return done(isCut ? 'silent' : 'answered')
    },
    ...options,
  })
  return Object.assign(world, { parts: placed, hosts })
}

async function land(targets: readonly Part[], settings: object = {}, world = worldOf()) {
  const scope = fakeScope(world)
  scopes.push(scope)
  const landed = await cutHost.inject(cutHost.schema.parse(settings), targets, scope, never)
  return { world, scope, landed }
}

const rulesAt = (world: FakeWorld, service: string) =>
  world.sides.get(`chaoslab-0123abcd-host-of-${service}`)?.options.command[4] ?? ''
const chainOf = (rules: string, name: 'from' | 'to') => rules.split(`chain ${name} {`)[1]?.split('}\n')[0]

describe('cut-host', () => {
  it('writes down how to undo it before anything is started, and cuts once on each host', async () => {
    const { world, scope, landed } = await land(on('host1', 'host2'))
    const deeds = world.deeds.filter((deed) => /^(undo|start)/.test(deed))
    expect(deeds).toEqual([
      'undo rejoin-host',
      'start side chaoslab-0123abcd-host-of-patroni1',
      'start side chaoslab-0123abcd-host-of-patroni2',
    ])
    expect(scope.undos[0]?.params).toMatchObject({ at: [{ host: 'host1' }, { host: 'host2' }] })
    expect(landed.proof).toBe('connections to other hosts time out; dropped: 8 packets in, 8 out')
  })

  it('drops what containers of different hosts say to each other, and nothing else', async () => {
    const { world } = await land(on('host1'))
    const drops = rulesAt(world, 'patroni1').match(/.*drop$/gm)
    expect(drops?.map((line) => line.trim())).toEqual([
      'ip saddr { 10.0.0.2, 10.0.0.3 } udp dport 4789 counter drop',
      'ip daddr { 10.0.0.2, 10.0.0.3 } udp dport 4789 counter drop',
    ])
  })

  it('leaves hosts that are cut together alone among themselves, unless they are to be apart', async () => {
    const site = on('host1', 'host2')
    expect(rulesAt((await land(site)).world, 'patroni1')).toContain('saddr { 10.0.0.3 }')
    expect(rulesAt((await land(site, { apart: true })).world, 'patroni1')).toContain('saddr { 10.0.0.2, 10.0.0.3 }')
  })

  it('leaves the quorum to a site with two members of three, and takes it from both of them apart', async () => {
    const site = on('host1', 'host2')
    expect((await land(site)).landed).not.toHaveProperty('effects')
    expect((await land(site, { apart: true })).landed.effects).toEqual(['cuts-from-etcd'])
  })

  it('of all hosts at once is refused, unless they are to be apart', async () => {
    const refused = (settings: object) => cutHost.refusal?.(cutHost.schema.parse(settings), placed, worldOf(), never)
    expect(await refused({})).toBe('there is no other host')
    expect(await refused({ apart: true })).toBeNull()
  })

  it.each([
    ['in', 'from', 'to'],
    ['out', 'to', 'from'],
  ] as const)('one way, %s, drops in one chain alone', async (direction, dropping, passing) => {
    const { world } = await land(on('host1'), { direction })
    const rules = rulesAt(world, 'patroni1')
    expect(chainOf(rules, dropping)).toContain('drop')
    expect(chainOf(rules, passing)).not.toContain('drop')
  })

  it('takes the quorum of etcd from a host with one member of three', async () => {
    expect((await land(on('host1'))).landed.effects).toEqual(['cuts-from-etcd'])
  })

  it('is not in force while something still comes through', async () => {
    await expect(land(on('host1'), {}, worldOf({}, false))).rejects.toThrow(
      /patroni1 still reaches patroni2 over the cut/,
    )
  })

  it('cannot be shown where nothing came through before either', async () => {
    const world = worldOf({ beside: () => done('silent') })
    await expect(land(on('host1'), {}, world)).rejects.toThrow('cannot be shown')
    expect(world.sides.size).toBe(0)
  })

  it('is refused in a lab that names no hosts, and where nothing runs', async () => {
    const params = cutHost.schema.parse({})
    expect(await cutHost.refusal?.(params, parts.slice(0, 1), fakeWorld(), never)).toContain('names no hosts')
    const world = worldOf()
    for (const { service } of on('host1')) world.facts.delete(service)
    expect(await cutHost.refusal?.(params, on('host1'), world, never)).toContain('nothing runs on host1')
  })
})

describe('a cut of a host that is in force', () => {
  const inForce = async () => {
    const clock = new FakeClock()
    const { world, scope } = await land(on('host1', 'host2'), {}, worldOf({ clock }))
    return { world, scope, clock }
  }

  it('is over, and says so, when a host has come back from a restart without it', async () => {
    const { world, scope, clock } = await inForce()
    world.sides.delete('chaoslab-0123abcd-host-of-patroni2')
    await clock.advance(10_000)
    expect(scope.endings).toEqual([expect.stringContaining('the network of host2 is gone')])
  })

  it('is not told to be over while the host does not answer: nobody knows', async () => {
    const { world, scope, clock } = await inForce()
    Object.assign(world.containers.sides, { signal: () => Promise.reject(new Error('host2 does not answer')) })
    await clock.advance(60_000)
    expect(scope.endings).toEqual([])
  })
})

describe('taking a cut of a host back', () => {
  const undone = async (world: FakeWorld, scope: FakeScope) => {
    const params = rejoinHost.schema.parse(scope.undos[0]?.params)
    await rejoinHost.perform(params, world, never)
    return rejoinHost.remains(params, world, never)
  }

  it('ends what made it, and clears the network of each host by itself, whatever became of that', async () => {
    const { world, scope } = await land(on('host1', 'host2'))
    expect(await undone(world, scope)).toBeNull()
    expect(world.sides.size).toBe(0)
    const cleared = world.deeds.filter((deed) => /^on the host of .*delete table/.test(deed))
    expect(cleared.map((deed) => deed.split(' ')[4])).toEqual(['patroni1', 'patroni2'])
  })

  it('is not done while a table is left on a host', async () => {
    const found = 'table inet chaoslab_0123abcd'
    const { scope } = await land(on('host1'))
    const world = worldOf({ beside: (_service, command) => done(command.at(-1)?.includes('list') ? found : '') })
    expect(await undone(world, scope)).toBe(`the network of host1 is still changed (${found})`)
  })

  it('can be done by hand on each host', async () => {
    const { world, scope } = await land(on('host1'))
    const told = rejoinHost.byHand(rejoinHost.schema.parse(scope.undos[0]?.params), world)
    expect(told).toContain('docker rm -f chaoslab-0123abcd-host-of-patroni1; docker run --rm')
    expect(told).toContain('--network host')
  })

  it('is told of where no journal tells of it', async () => {
    const world = worldOf({
      beside: (service, command) =>
        done(service === 'etcd2' && command.at(-1) === HOST_LOOK ? 'table inet chaoslab_ffff' : ''),
    })
    expect(await scanNetwork(world, never)).toEqual(['in the network of the host host2: table inet chaoslab_ffff'])
  })
})

const HOST_LOOK = 'nft list tables | { grep -F chaoslab_ || true; }'
