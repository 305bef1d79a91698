import { spawn } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FaultKind } from '../../src/faults/fault.ts'
import { bandwidth } from '../../src/faults/network/bandwidth.ts'
import { readDrops } from '../../src/faults/network/cut-rules.ts'
import { delay } from '../../src/faults/network/delay.ts'
import { isolate } from '../../src/faults/network/isolate.ts'
import { removeStrays, scanNetwork } from '../../src/faults/network/leftovers.ts'
import { enoughFor, isPlausible, loss, readShares } from '../../src/faults/network/loss.ts'
import { partition } from '../../src/faults/network/partition.ts'
import { reconnect } from '../../src/faults/network/reconnect.ts'
import { readSide, SIDE_SCRIPT } from '../../src/faults/network/side-script.ts'
import type { Part } from '../../src/faults/part.ts'
import { performUndo } from '../../src/faults/undo.ts'
import { faultKinds } from '../../src/systems/fault-kinds.ts'
import { FakeClock } from '../traffic/fake-clock.ts'
import { until } from '../traffic/until.ts'
import { done, type FakeOptions, type FakeScope, type FakeWorld, fakeScope, fakeWorld, part } from './fake-world.ts'

const never = new AbortController().signal
const scopes: FakeScope[] = []
afterEach(() => {
  for (const scope of scopes.splice(0)) scope.close()
})

type Say = Parameters<NonNullable<FakeOptions['sideSays']>>[0]

/** What a side container prints when the cut works: reachable before, silent afterwards, packets dropped. */
function says(
  { command, signals }: Say,
  { before = 'open', after = 'silent', kept = 'dead', packets = 3 } = {},
): string {
  const tries = command.slice(8)
  const lines = [...tries.map((to) => `before ${to} ${before}`), 'ready']
  if (!signals.includes('SIGUSR2')) return lines.join('\n')
  const chain = (name: string) =>
    `  chain ${name} {\n    ip saddr { 1.2.3.4 } counter packets ${packets} bytes 9 drop\n  }`
  const has = (name: string) =>
    (command[4]?.split(`chain ${name} {`)[1]?.split('}\n')[0] ?? '').includes('counter drop')
  lines.push('made', ...tries.map((to) => `after ${to} ${after}`), ...tries.map((to) => `kept ${to} ${kept}`))
  lines.push(...['from', 'to'].filter(has).map(chain), 'done')
  return lines.join('\n')
}

async function land(kind: FaultKind, settings: unknown, names: readonly string[], options: FakeOptions = {}) {
  const world = fakeWorld({ sideSays: says, ...options })
  const scope = fakeScope(world)
  scopes.push(scope)
  const params = kind.schema.parse(settings)
  const targets = names.map(part)
  const refusal = (await kind.refusal?.(params, targets, world, never)) ?? null
  if (refusal !== null) throw new Error(`refused: ${refusal}`)
  const landing = kind.inject(params, targets, scope, never)
  return { world, scope, landed: await landing }
}

async function refused(
  kind: FaultKind,
  settings: unknown,
  names: readonly string[],
  change?: (world: FakeWorld) => void,
  options: FakeOptions = {},
) {
  const world = fakeWorld({ sideSays: says, ...options })
  change?.(world)
  const refusal = await kind
    .refusal?.(kind.schema.parse(settings), names.map(part), world, never)
    .catch((error: Error) => error.message)
  expect(world.deeds.filter((deed) => !/^(alone|beside)/.test(deed))).toEqual([])
  return refusal
}

/** The commands that a side container was given to make its change. */
const rulesAt = (world: FakeWorld, service: string) =>
  world.sides.get(`chaoslab-0123abcd-${service}`)?.options.command[4]
const chainOf = (rules: string | undefined, name: 'from' | 'to') => rules?.split(`chain ${name} {`)[1]?.split('}\n')[0]

describe('isolate', () => {
  it('writes down how to undo all of it before anything is started', async () => {
    const { world } = await land(isolate, {}, ['patroni1'])
    const deeds = world.deeds.filter((deed) => !deed.startsWith('alone'))
    expect(deeds[0]).toBe('undo reconnect')
    expect(deeds.filter((deed) => deed.startsWith('start side'))).toHaveLength(6)
  })

  it('drops at both ends and in both directions, and leaves the proxy alone', async () => {
    const { world, landed } = await land(isolate, {}, ['patroni1'])
    for (const chain of ['from', 'to'] as const) {
      const own = chainOf(rulesAt(world, 'patroni1'), chain)
      for (const address of [12, 13, 14, 15, 16]) expect(own).toContain(`172.30.77.${address}`)
      expect(own).not.toContain('172.30.77.17')
      expect(chainOf(rulesAt(world, 'etcd2'), chain)).toContain('172.30.77.11')
    }
    expect(rulesAt(world, 'haproxy')).toBeUndefined()
    expect(landed).toMatchObject({ text: 'was cut off from etcd and the other nodes', effects: ['cuts-from-etcd'] })
    expect(landed.proof).toMatch(/times out; \d+ connections that were open got no answer; dropped: \d+ packets in/)
  })

  it('is asked for in words of what the lab has', () => {
    const node = (name: string): Part => ({ name, kind: 'node', service: name, address: name }) as Part
    const [one, other] = [node('my_primary'), node('my_standby')]
    const params = isolate.schema.parse({})
    expect(isolate.describe(params, [one], [one, other])).toBe('cut my_primary off from the other nodes')
    const etcd = { ...node('etcd1'), kind: 'etcd' } as Part
    expect(isolate.describe(params, [one], [one, other, etcd])).toBe('cut my_primary off from etcd and the other nodes')
  })

  it('has every container change at the same moment: none is told to before all are ready', async () => {
    let ready = 0
    await land(isolate, {}, ['patroni1'], {
      sideSays(side) {
        if (side.signals.length > 0) expect(ready).toBeGreaterThanOrEqual(6)
        else ready += 1
        return says(side)
      },
    })
  })

  it.each([
    ['in', 'from', 'to'],
    ['out', 'to', 'from'],
  ] as const)('cuts only the way %s when asked to', async (direction, own, other) => {
    const { world } = await land(isolate, { direction }, ['patroni1'])
    expect(chainOf(rulesAt(world, 'patroni1'), own)).toContain('drop')
    expect(chainOf(rulesAt(world, 'patroni1'), other)).not.toContain('drop')
    expect(chainOf(rulesAt(world, 'etcd1'), other)).toContain('drop')
    expect(chainOf(rulesAt(world, 'etcd1'), own)).not.toContain('drop')
  })

  it('knows clients by the gateway and by coming from outside', async () => {
    const { world } = await land(isolate, { from: 'clients' }, ['haproxy'])
    expect(chainOf(rulesAt(world, 'haproxy'), 'from')).toContain('ip saddr { 172.30.77.1 } counter drop')
    expect(chainOf(rulesAt(world, 'haproxy'), 'from')).toContain('ip saddr != { 172.30.77.0/24 } counter drop')
    expect(world.sides.size).toBe(1)
  })

  it.each([
    ['etcd alone', { from: ['etcd'] }, ['patroni1'], true],
    ['two members of three, when the third answers for all', { from: ['etcd1', 'etcd2'] }, ['patroni1'], false],
    ['everybody', { from: ['all'] }, ['patroni1'], true],
    ['one member of three', { from: ['etcd1'] }, ['patroni1'], false],
    ['the other nodes', { from: ['patroni'] }, ['patroni1'], false],
    ['an etcd member that is cut off from the others', { from: ['etcd'] }, ['etcd1'], false],
  ])('says that a node is cut off from etcd only when it has no quorum: %s', async (_, settings, names, isCut) => {
    expect((await land(isolate, settings, names)).landed.effects).toEqual(isCut ? ['cuts-from-etcd'] : undefined)
  })

  it('does not say so of a node that had no quorum to be cut off from', async () => {
    const world = fakeWorld({ sideSays: says })
    for (const service of ['etcd1', 'etcd2']) {
      const facts = world.facts.get(service)
      if (facts) world.facts.set(service, { ...facts, state: 'exited' })
    }
    const scope = fakeScope(world)
    scopes.push(scope)
    const landed = await isolate.inject(isolate.schema.parse({}), [part('patroni1')], scope, never)
    expect(landed.effects).toBeUndefined()
  })

  it.each([
    ['a connection is answered', { after: 'open' }, 'patroni1 still reaches'],
    ['a connection is refused, which is an answer', { after: 'closed' }, 'patroni1 still reaches'],
    ['a session that was open lives on', { kept: 'alive' }, 'still lives'],
    ['nothing was dropped', { packets: 0 }, 'cannot be shown'],
    ['nothing was reachable before', { before: 'silent' }, 'cannot be shown'],
  ])('does not say that it landed when %s', async (_, lie, error) => {
    await expect(land(isolate, {}, ['patroni1'], { sideSays: (side) => says(side, lie) })).rejects.toThrow(error)
  })

  it('heals when only half of it was done', async () => {
    const world = fakeWorld({ sideSays: says })
    const scope = fakeScope(world)
    const { startBeside } = world.containers
    Object.assign(world.containers, {
      startBeside: async (...args: Parameters<typeof startBeside>) => {
        if (args[0] === 'etcd2') throw new Error('no space left')
        return startBeside(...args)
      },
    })
    await expect(isolate.inject(isolate.schema.parse({}), [part('patroni1')], scope, never)).rejects.toThrow('no space')
    expect([...world.sides.values()].flatMap(({ signals }) => signals)).toEqual([])
    for (const undo of scope.undos) expect(await performUndo(undo, world)).toEqual({ ok: true })
    expect(world.sides.size).toBe(0)
  })

  it('leaves nothing that is not written down when it is broken off', async () => {
    const world = fakeWorld({ sideSays: () => 'starting' })
    const scope = fakeScope(world)
    const stop = new AbortController()
    const landing = isolate.inject(isolate.schema.parse({}), [part('patroni1')], scope, stop.signal)
    await until(() => world.sides.size === 6)
    stop.abort(new Error('enough'))
    await expect(landing).rejects.toThrow('enough')
    for (const undo of scope.undos) expect(await performUndo(undo, world)).toEqual({ ok: true })
    expect(world.sides.size).toBe(0)
  })

  it('is refused beforehand where it cannot be', async () => {
    const stopped = (world: FakeWorld) => {
      for (const [service, facts] of world.facts) world.facts.set(service, { ...facts, state: 'exited' })
    }
    const stop = (service: string) => (world: FakeWorld) => {
      const facts = world.facts.get(service)
      if (facts) world.facts.set(service, { ...facts, state: 'exited' })
    }
    expect(await refused(isolate, {}, ['patroni1'], stop('patroni1'))).toContain('patroni1 has exited')
    expect(await refused(isolate, {}, ['patroni1'], stopped)).toContain('none of it runs')
    expect(await refused(isolate, { from: 'patroni9' }, ['patroni1'])).toContain('"patroni9" is no part of this lab')
    expect(await refused(isolate, { from: 'patroni1' }, ['patroni1'])).toContain('cut off from itself')
    expect(await refused(isolate, {}, ['patroni1'], undefined, { toolsImage: null })).toContain('docker.tools')
    const noNft = { beside: () => ({ code: 1, stdout: '', stderr: 'Operation not supported' }) }
    expect(await refused(isolate, {}, ['patroni1'], undefined, noNft)).toContain('modprobe nf_tables')
    expect(await refused(isolate, {}, ['patroni1'], (world) => world.facts.delete('patroni1'))).toContain(
      'no container',
    )
    expect(await refused(isolate, {}, ['patroni1'], stop('etcd3'))).toBeNull()
  })

  it('keeps out a peer that does not run now, by its fixed address', async () => {
    const world = fakeWorld({ sideSays: says })
    const facts = world.facts.get('etcd3')
    if (facts) world.facts.set('etcd3', { ...facts, state: 'exited', addresses: [] })
    const scope = fakeScope(world)
    scopes.push(scope)
    await isolate.inject(isolate.schema.parse({}), [part('patroni1')], scope, never)
    expect(rulesAt(world, 'patroni1')).toContain('172.30.77.16')
    expect(rulesAt(world, 'etcd3')).toBeUndefined()
  })
})

describe('while a cut is in force', () => {
  async function inForce() {
    const clock = new FakeClock()
    const world = fakeWorld({ sideSays: says, clock })
    for (const service of ['patroni1', 'etcd2']) see(world, service, 'running', '2025-01-01T00:00:00Z')
    const scope = fakeScope(world)
    scopes.push(scope)
    await isolate.inject(isolate.schema.parse({}), [part('patroni1')], scope, never)
    await clock.advance(200)
    return { world, scope, clock }
  }
  function see(world: FakeWorld, service: string, state: string, startedAt: string) {
    const container = { id: `id-${service}`, name: service, state, health: null, exitCode: null, startedAt }
    world.happen({ type: 'docker.container', service, container })
  }

  it('gives its side containers a sign of life before their patience ends', async () => {
    const { world, scope, clock } = await inForce()
    await clock.advance(30_000)
    for (const { signals } of world.sides.values()) expect(signals).toContain('SIGUSR1')
    expect(scope.endings).toEqual([])
  })

  it('is over when a side container has gone', async () => {
    const { world, scope, clock } = await inForce()
    world.sides.delete('chaoslab-0123abcd-etcd1')
    await clock.advance(10_000)
    expect(scope.endings).toContain('the container beside etcd1 has ended')
  })

  it.each([
    ['ends', 'exited', '2025-01-01T00:00:00Z'],
    ['was started again', 'running', '2025-01-01T00:00:09Z'],
  ])('is over when its target %s', async (_, state, startedAt) => {
    const { world, scope, clock } = await inForce()
    see(world, 'patroni1', 'paused', '2025-01-01T00:00:00Z')
    await clock.advance(200)
    expect(scope.endings).toEqual([])
    see(world, 'patroni1', state, startedAt)
    await clock.advance(200)
    expect(scope.endings).toEqual([expect.stringContaining('patroni1 has ended or was started again')])
  })

  it('is recreated at a peer that was started again', async () => {
    const { world, scope, clock } = await inForce()
    const side = 'chaoslab-0123abcd-etcd2'
    const first = world.sides.get(side)
    const facts = world.facts.get('etcd2')
    if (facts) world.facts.set('etcd2', { ...facts, startedAt: '2025-01-01T00:00:09Z' })
    see(world, 'etcd2', 'running', '2025-01-01T00:00:09Z')
    await clock.advance(500)
    expect(world.sides.get(side)).not.toBe(first)
    expect(world.sides.get(side)?.signals).toContain('SIGUSR2')
    expect(world.sides.get(side)?.options.command[4]).toBe(first?.options.command[4])
    expect(scope.endings).toEqual([])
  })
})

describe('a peer that was started again', () => {
  it.each([
    [
      'has another address',
      { networks: [{ address: '172.30.77.99', gateway: null, subnet: null }] },
      'another address',
    ],
    ['cannot be changed again', { image: 'broken' }, 'no space left'],
  ])('ends the cut when it %s', async (_, change, why) => {
    const clock = new FakeClock()
    const world = fakeWorld({ sideSays: says, clock })
    const scope = fakeScope(world)
    scopes.push(scope)
    await isolate.inject(isolate.schema.parse({}), [part('patroni1')], scope, never)
    const facts = world.facts.get('etcd2')
    const startedAt = '2025-01-01T00:00:09Z'
    if (facts) world.facts.set('etcd2', { ...facts, startedAt, ...change })
    Object.assign(world.containers, { startBeside: () => Promise.reject(new Error('no space left')) })
    const container = { id: 'x', name: 'etcd2', state: 'running', health: null, exitCode: null, startedAt }
    world.happen({ type: 'docker.container', service: 'etcd2', container })
    await clock.advance(300)
    expect(scope.endings).toEqual([expect.stringContaining(why)])
  })
})

describe('partition', () => {
  it('splits what it is aimed at from the rest by default', async () => {
    const { world, landed } = await land(partition, {}, ['patroni3', 'etcd3'])
    expect(landed).toMatchObject({
      text: 'was split from patroni1, patroni2, etcd1, etcd2 and haproxy',
      textOfSeveral: 'were split from patroni1, patroni2, etcd1, etcd2 and haproxy',
    })
    expect(landed.effects).toEqual(['cuts-from-etcd'])
    expect(rulesAt(world, 'patroni3')).not.toContain('172.30.77.16')
    expect(chainOf(rulesAt(world, 'haproxy'), 'to')).toContain('{ 172.30.77.13, 172.30.77.16 }')
  })

  it.each([
    ['lists in lists', { groups: [['patroni1', 'etcd1'], ['patroni2', 'etcd2', 'etcd3'], ['patroni3']] }],
    ['text', { groups: ['patroni1+etcd1', 'patroni2+etcd2+etcd3', 'patroni3'] }],
    ['only the others', { groups: ['patroni2+etcd2+etcd3', 'patroni3'] }],
    ['the rest', { groups: ['patroni2+rest', 'patroni3', 'haproxy'] }],
  ])('takes groups as %s, and cuts each off from every other', async (_, settings) => {
    const { world } = await land(partition, settings, ['patroni1', 'etcd1'])
    expect(chainOf(rulesAt(world, 'patroni3'), 'to')).toContain('172.30.77.12')
    expect(chainOf(rulesAt(world, 'patroni2'), 'to')).toContain('172.30.77.13')
    expect(chainOf(rulesAt(world, 'patroni2'), 'to')).not.toContain('172.30.77.15')
    expect(chainOf(rulesAt(world, 'patroni1'), 'to')).not.toContain('172.30.77.14')
  })

  it('does not say that the side with the quorum is cut off from etcd', async () => {
    const { landed } = await land(partition, {}, ['patroni1', 'etcd1', 'etcd2'])
    expect(landed.effects).toBeUndefined()
  })

  it.each([
    ['a part in two groups', { groups: ['etcd1+etcd2', 'etcd2'] }, ['patroni1'], 'etcd2 is in two groups'],
    ['half of a group', { groups: ['patroni1+etcd1', 'rest'] }, ['patroni1'], 'aim at the whole group'],
    ['two rests', { groups: ['rest', 'rest'] }, ['patroni1'], 'only one group'],
    ['an unknown name', { groups: ['patroni9'] }, ['patroni1'], 'no part of this lab'],
    ['nobody on the other side', { groups: ['patroni1'] }, ['patroni1'], 'nobody'],
  ])('is refused for %s', async (_, settings, names, why) => {
    expect(await refused(partition, settings, names)).toContain(why)
  })
})

describe('loss', () => {
  const table = (lost: number) =>
    ['from', 'to']
      .map(
        (name) =>
          `\tchain ${name} {\n\t\tx counter packets 1000 bytes 1\n\t\tx numgen random mod 10000 < 2000 counter packets ${lost} bytes 1 drop\n\t}`,
      )
      .join('\n')
  const losing = (lost: number): FakeOptions => ({ beside: () => done(table(lost)) })

  it('tells the share that was lost', async () => {
    const { landed } = await land(loss, { percent: 20 }, ['patroni1'], losing(190))
    expect(landed.proof).toBe('190 of 1000 packets in dropped, 190 of 1000 packets out dropped')
    expect(landed.effects).toBeUndefined()
  })

  it.each([0, 100, 300, 1000])('does not say that it landed when %d of 1000 were lost instead of 200', async (lost) => {
    await expect(land(loss, { percent: 20 }, ['patroni1'], losing(lost))).rejects.toThrow(`loses ${lost} of 1000`)
  })

  it.each([1, 2, 5, 10, 20, 50, 100])('sends so much that %d percent cannot be mistaken for none', (percent) => {
    expect(isPlausible(enoughFor(percent), 0, percent / 100)).toBe(false)
  })

  it('counts what comes in apart from what goes out', () => {
    expect(readShares(table(7))).toEqual({ in: { all: 1000, dropped: 7 }, out: { all: 1000, dropped: 7 } })
    expect(readShares('')).toEqual({ in: { all: 0, dropped: 0 }, out: { all: 0, dropped: 0 } })
  })
})

describe('bandwidth', () => {
  const narrowed = (dropped: number, waited: number): FakeOptions => ({
    beside: (_, command) => {
      if (command.at(-1)?.includes("root'")) return done('')
      return done(
        command.at(-1)?.includes('tc -s')
          ? `qdisc noqueue 0: dev lo root\nqdisc tbf c4a0: dev eth0 root\n Sent 1 bytes 2 pkt (dropped 3, overlimits ${waited} requeues 0)`
          : command.at(-1)?.includes('nft list')
            ? `limit rate over 1 bytes/second counter packets ${dropped} bytes 1 drop`
            : '',
      )
    },
  })

  it('queues what goes out and drops what is too much coming in', async () => {
    const { world, landed } = await land(bandwidth, { rate: '1mbit' }, ['patroni3'], narrowed(4, 5))
    expect(rulesAt(world, 'patroni3')).toContain('tbf rate 1000000bit')
    expect(rulesAt(world, 'patroni3')).toContain('limit rate over 125000 bytes/second')
    expect(landed.proof).toBe('4 packets in dropped, 5 packets out had to wait, 3 were dropped')
  })

  it.each([
    [0, 5, 'none was dropped'],
    [4, 0, 'none was held back'],
  ])('does not say that it landed when %d were dropped and %d had to wait', async (dropped, waited, error) => {
    await expect(land(bandwidth, {}, ['patroni3'], narrowed(dropped, waited))).rejects.toThrow(error)
  })

  it('is refused where there is a queue already, and says whose', async () => {
    const queued = (handle: string): FakeOptions => ({ beside: () => done(`qdisc tbf ${handle} root refcnt 2`) })
    expect(await refused(bandwidth, {}, ['patroni3'], undefined, queued('c4a0:'))).toContain('heal it first')
    expect(await refused(bandwidth, {}, ['patroni3'], undefined, queued('8001:'))).toContain('not by the lab')
    expect(
      await refused(bandwidth, {}, ['patroni3'], undefined, { beside: () => done('qdisc noqueue 0: root') }),
    ).toBeNull()
  })
})

describe('delay', () => {
  it('is refused with what to do where the kernel has no netem, found out without touching the target', async () => {
    const noNetem: FakeOptions = {
      beside: () => ({ code: 2, stdout: '', stderr: 'Error: Specified qdisc kind is unknown.' }),
    }
    const why = await refused(
      delay,
      {},
      ['patroni1'],
      (world) => {
        Object.assign(world.containers, { runBeside: () => expect.unreachable() })
      },
      noNetem,
    )
    expect(why).toBe('this kernel has no sch_netem: modprobe sch_netem on the Docker host')
  })

  it('is proven by a round trip that takes as long', async () => {
    const took = (micros: number): FakeOptions => ({
      beside: (_, command) => done(command.at(-1)?.includes('EPOCH') ? `${micros}` : ''),
    })
    const { landed, world } = await land(delay, { delay: '100ms', jitter: '10ms' }, ['patroni1'], took(98_500))
    expect(landed.proof).toBe('a round trip from patroni1 takes 99 ms')
    expect(rulesAt(world, 'patroni1')).toContain('netem delay 100ms 10ms')
    await expect(land(delay, {}, ['patroni1'], took(300))).rejects.toThrow('less than 100 ms')
  })
})

it.each([
  ['isolate', { from: '$(reboot)' }],
  ['isolate', { from: ['etcd; rm -rf /'] }],
  ['isolate', { from: [] }],
  ['isolate', { from: 'etcd', to: 'patroni' }],
  ['isolate', { direction: 'sideways' }],
  ['isolate', { deadMan: '1ms' }],
  ['isolate', { deadMan: '30' }],
  ['partition', { groups: ["a'b"] }],
  ['partition', { groups: [[]] }],
  ['loss', { percent: 0 }],
  ['loss', { percent: 101 }],
  ['loss', { percent: '20; true' }],
  ['bandwidth', { rate: '1mbit; reboot' }],
  ['bandwidth', { rate: '9gbit' }],
  ['bandwidth', { rate: 5 }],
  ['delay', { delay: '100ms loss 5%' }],
  ['delay', { delay: '1h' }],
])('%s refuses the settings %j', (type, settings) => {
  const kind = faultKinds.find((each) => each.type === type)
  expect(kind?.schema.safeParse(settings).success).toBe(false)
  expect(kind?.schema.safeParse({}).success).toBe(true)
})

describe('reconnect', () => {
  const at = (service: string) => ({ service, container: `lab_${service}_1`, side: `chaoslab-0123abcd-${service}` })
  const undo = { type: 'reconnect', params: { faultId: '0123abcd', isShaped: true, at: [at('patroni1'), at('etcd1')] } }

  it('takes the change back itself where the side container has gone', async () => {
    const world = fakeWorld()
    expect(await performUndo(undo, world)).toEqual({ ok: true })
    expect(world.deeds.find((deed) => deed.startsWith('beside patroni1'))).toContain(
      'delete table inet chaoslab_0123abcd',
    )
    expect(await performUndo(undo, world)).toEqual({ ok: true })
  })

  it.each(['exited', 'removed'])('has nothing to do in the network of a container that is %s', async (state) => {
    const world = fakeWorld()
    for (const service of ['patroni1', 'etcd1']) {
      const facts = world.facts.get(service)
      if (state === 'removed') world.facts.delete(service)
      else if (facts) world.facts.set(service, { ...facts, state })
    }
    expect(await performUndo(undo, world)).toEqual({ ok: true })
    expect(world.deeds).toEqual([])
  })

  it('works at a paused container', async () => {
    const world = fakeWorld()
    const facts = world.facts.get('patroni1')
    if (facts) world.facts.set('patroni1', { ...facts, state: 'paused' })
    expect(await performUndo(undo, world)).toEqual({ ok: true })
    expect(world.deeds.some((deed) => deed.startsWith('beside patroni1'))).toBe(true)
  })

  it('says what is left, and the command that takes it away', async () => {
    const stays = {
      beside: (_: unknown, command: readonly string[]) =>
        done(command.at(-1)?.includes('grep') ? 'table inet chaoslab_0123abcd' : ''),
    }
    const undone = await performUndo(undo, fakeWorld(stays))
    expect(undone).toMatchObject({
      ok: false,
      error: expect.stringContaining('the network of lab_patroni1_1 is still changed'),
    })
    expect(undone.ok ? '' : undone.byHand).toMatch(
      /^docker rm -f chaoslab-0123abcd-patroni1 .*; for name in lab_patroni1_1 /,
    )
  })

  it('does not say that nothing is left when it cannot be told', async () => {
    const blind = { beside: () => ({ code: 1, stdout: '', stderr: 'no nft here' }) }
    expect(await performUndo(undo, fakeWorld(blind))).toMatchObject({ ok: false })
  })

  it.each([
    { faultId: '1; reboot', isShaped: false, at: [] },
    { faultId: '12', isShaped: false, at: [{ ...at('etcd1'), container: '$(reboot)' }] },
    { faultId: '12', isShaped: false, at: [{ ...at('etcd1'), side: '-f x' }] },
  ])('does not take %j from a journal', (params) => {
    expect(reconnect.schema.safeParse(params).success).toBe(false)
  })
})

it('finds what network faults have left, and changes nothing', async () => {
  const world = fakeWorld({ beside: (service) => done(service === 'etcd1' ? 'table inet chaoslab_77' : '') })
  world.facts.delete('patroni2')
  await world.containers.startBeside('etcd1', {
    image: 'tools',
    name: 'chaoslab-77-etcd1',
    labels: { 'chaoslab.lab': 'lab-1234' },
    command: [],
  })
  const found = await scanNetwork(world, never)
  expect(found).toEqual(['the container chaoslab-77-etcd1 runs', 'in the network of etcd1: table inet chaoslab_77'])
  expect(await scanNetwork(fakeWorld(), never)).toEqual([])
})

it('takes away what somebody who was killed had started to look at something, and nothing that a fault needs', async () => {
  const world = fakeWorld()
  const start = (name: string, more: Record<string, string>, isRunning: boolean) => {
    const labels = { 'chaoslab.lab': 'lab-1234', ...more }
    const options = { image: 'tools', name, labels, command: [] }
    world.sides.set(name, { id: name, name, labels, isRunning, options, signals: [] })
  }
  start('chaoslab-once-1', {}, false)
  start('chaoslab-once-2', {}, true)
  start('chaoslab-77-etcd1', { 'chaoslab.fault': '77' }, false)
  expect(await removeStrays(world, never)).toEqual(['chaoslab-once-1'])
  expect([...world.sides.keys()]).toEqual(['chaoslab-once-2', 'chaoslab-77-etcd1'])
})

it('reads the drops of each chain', () => {
  const text =
    'table inet x {\n\tchain from {\n\t\tip saddr { 1.2.3.4 } counter packets 3 bytes 180 drop\n\t\tip saddr 1.1.1.1 counter packets 4 bytes 1 drop\n\t}\n\tchain to {\n\t\tcounter packets 5 bytes 1\n\t}\n}'
  expect(readDrops(text)).toEqual({ from: 7, to: 0 })
})

describe('the script of a side container, where the change does nothing', () => {
  beforeEach(({ skip }) => skip(process.platform !== 'linux', 'it runs on Linux alone'))

  it('makes it only when told to, sees that all is as before, and takes it back when asked to end', async () => {
    const server = createServer((socket) => void socket.resume()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const to = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const script = spawn('bash', [
      '-c',
      // A machine that is busy is no address that says nothing.
      `timeout() { shift; "$@"; }; ${SIDE_SCRIPT}`,
      'chaoslab',
      'echo changing',
      'echo undone',
      '60',
      'echo shown',
      to,
    ])
    let text = ''
    script.stdout.on('data', (chunk) => {
      text += chunk
    })
    const ended = new Promise((resolve) => script.once('exit', resolve))
    try {
      await until(() => readSide(text).isReady)
      expect(text).not.toContain('changing')
      script.kill('SIGUSR2')
      await until(() => readSide(text).isDone)
      expect(readSide(text).before).toEqual(new Map([[to, 'open']]))
      expect(readSide(text).after).toEqual(new Map([[to, 'open']]))
      expect([...readSide(text).kept.values()]).not.toContain('dead')
      expect(text).toMatch(/made\n[\s\S]*shown\ndone/)
      expect(text).not.toContain('undone')
      script.kill('SIGUSR1')
      script.kill('SIGTERM')
      expect(await ended).toBe(0)
      await until(() => text.includes('undone'))
    } finally {
      script.kill('SIGKILL')
      server.close()
    }
  })

  it('takes it back by itself without a sign of life, and at once when it fails half-way', async () => {
    const run = async (make: string) => {
      const script = spawn('bash', [
        '-c',
        `sleep() { command sleep 0.2; }; ${SIDE_SCRIPT}`,
        'chaoslab',
        make,
        'echo undone',
        '1',
        '',
      ])
      let text = ''
      script.stdout.on('data', (chunk) => {
        text += chunk
      })
      await until(() => readSide(text).isReady)
      script.kill('SIGUSR2')
      await new Promise((resolve) => script.once('close', resolve))
      return text
    }
    expect(await run('echo changing')).toMatch(/changing\nmade\ndone\nundone/)
    expect(await run('echo changing; false; echo never')).toMatch(/changing\nundone\nfailed/)
  })
})
