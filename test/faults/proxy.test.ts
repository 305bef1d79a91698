import { describe, expect, it } from 'vitest'
import { baselineSchema, compareBaseline, readBaseline } from '../../src/faults/baseline.ts'
import { performUndo } from '../../src/faults/undo.ts'
import { proxyServer } from '../../src/systems/patroni/faults/proxy/proxy-server.ts'
import { parseServers } from '../../src/systems/patroni/faults/proxy/runtime-api.ts'
import { scanProxy } from '../../src/systems/patroni/faults/proxy/scan-proxy.ts'
import { done, type FakeWorld, fakeScope, fakeWorld, part, whatRemains } from './fake-world.ts'

const never = new AbortController().signal
const haproxy = [part('haproxy')]
const maint = proxyServer.schema.parse({ server: 'patroni2' })

describe("the proxy's servers", () => {
  it('are put into maintenance with the undo written down first, and made ready again', async () => {
    const { world, admin } = labWithProxy()
    const scope = fakeScope(world)
    expect(await proxyServer.refusal?.(maint, haproxy, world, never)).toBeNull()
    const landed = await proxyServer.inject(maint, haproxy, scope, never)
    expect(landed.proof).toContain('leader/patroni2 maint, replicas/patroni2 maint')
    const deeds = world.deeds.filter((deed) => !deed.includes('show'))
    expect(deeds[0]).toBe('undo proxy-server-ready')
    expect(deeds[1]).toContain('set server leader/patroni2 state maint')
    expect(await scanProxy(world, never)).toEqual([
      'haproxy: leader/patroni2 is in maint',
      'haproxy: replicas/patroni2 is in maint',
    ])

    expect(await whatRemains(scope.undos[0] as never, world, never)).toContain('is in maint')
    expect(await performUndo(scope.undos[0] as never, world)).toEqual({ ok: true })
    expect([...admin.values()].every((bits) => bits === 0)).toBe(true)
    expect(await scanProxy(world, never)).toEqual([])
  })

  it('are not said to be drained by a proxy that took the command and did nothing', async () => {
    const { world } = labWithProxy({ isDeaf: true })
    const scope = fakeScope(world)
    await expect(proxyServer.inject(maint, haproxy, scope, never)).rejects.toThrow('is ready, not in maint')
    expect(scope.undos).toHaveLength(1)
  })

  it('have nothing to undo in a proxy that does not run, and are stuck in one that is paused', async () => {
    const { world } = labWithProxy()
    const scope = fakeScope(world)
    await proxyServer.inject(maint, haproxy, scope, never)
    await world.containers.act('pause', 'haproxy')
    expect(await performUndo(scope.undos[0] as never, world)).toMatchObject({ ok: false, byHand: expect.any(String) })
    await world.containers.act('stop', 'haproxy')
    expect(await performUndo(scope.undos[0] as never, world)).toEqual({ ok: true })
  })

  it('are refused before anything is changed where that makes no sense', async () => {
    const { world, admin } = labWithProxy()
    const refusal = (given: object) =>
      proxyServer.refusal?.(proxyServer.schema.parse(given), haproxy, world, never) ?? Promise.resolve(null)
    expect(await refusal({ server: 'nobody' })).toContain('no server nobody')
    admin.set('leader/patroni3', 0x08)
    expect(await refusal({ server: 'patroni3' })).toContain('in drain in leader already')
    const deaf = fakeWorld({ beside: () => ({ code: 7, stdout: '', stderr: '' }) })
    introduce(deaf)
    expect(await proxyServer.refusal?.(maint, haproxy, deaf, never)).toContain('stats socket')
    expect(world.deeds.filter((deed) => !deed.includes('show'))).toEqual([])
  })

  it.each([{}, { server: 'a;set server x/y state maint' }, { server: 'patroni1', state: 'ready' }, { server: 'a b' }])(
    'have no setting %j',
    (given) => expect(proxyServer.schema.safeParse(given).success).toBe(false),
  )

  it('are told from what no proxy says', () => {
    expect(() => parseServers('Unknown command')).toThrow('does not list servers')
  })
})

describe('the baseline', () => {
  it('finds what was left: settings, limits, servers out of use', async () => {
    const { world, admin } = labWithProxy()
    world.keys.set('config', { value: '{"ttl":20,"postgresql":{"parameters":{"a":"1"}}}', modRevision: 1 })
    const before = baselineSchema.parse(JSON.parse(JSON.stringify(await readBaseline(world, never))))
    expect(await compareBaseline(before, world, never)).toEqual([])

    world.keys.set('config', { value: '{"ttl":20,"pause":true,"postgresql":{"parameters":{"a":"2"}}}', modRevision: 2 })
    await world.containers.limitMemory('patroni1', { memoryBytes: 64, memorySwapBytes: 64 } as never)
    admin.set('replicas/patroni3', 0x01)
    expect(await compareBaseline(before, world, never)).toEqual([
      'patroni: pause was not set, is true',
      'patroni: postgresql.parameters.a was 1, is 2',
      'haproxy: replicas/patroni3 was ready, is maint',
      'patroni1: memoryBytes was 0, is 64',
      'patroni1: memorySwapBytes was 0, is 64',
    ])
  })
})

/** A runtime API whose servers are a map of administrative bits. */
function labWithProxy({ isDeaf = false } = {}): { world: FakeWorld; admin: Map<string, number> } {
  const names = ['leader', 'replicas'].flatMap((backend) => [1, 2, 3].map((n) => `${backend}/patroni${n}`))
  const admin = new Map(names.map((name) => [name, 0]))
  const world = fakeWorld({
    beside: (_service, command) => {
      for (const one of (command.at(-1) ?? '').split(';')) {
        const [, name, state] = /^set server (\S+) state (\S+)$/.exec(one) ?? []
        if (name && state && !isDeaf) admin.set(name, { ready: 0, maint: 1, drain: 8 }[state] ?? 0)
      }
      return done(command.at(-1) === 'show servers state' ? listing(admin) : '')
    },
  })
  introduce(world)
  return { world, admin }
}

function introduce(world: FakeWorld): void {
  const proxies = ['haproxy', 'haproxy2'].map((name) => {
    return { name, leader: { proxy: 'leader', port: 5001 }, replicas: { proxy: 'replicas', port: 5002 } }
  })
  const nodes = ['patroni1', 'patroni2', 'patroni3']
  const lab = { name: 'lab', scope: 'lab', nodes, etcdMembers: [], proxies, containerOf: {} }
  world.happen({ type: 'run.started', startedAt: '2026-01-01T00:00:00.000Z', version: '0', lab })
}

/** The head of what HAProxy 3.0 prints. */
function listing(admin: ReadonlyMap<string, number>): string {
  const rows = [...admin].map(([name, bits], index) => {
    const [backend, server] = name.split('/')
    return `${backend === 'leader' ? 3 : 4} ${backend} ${index + 1} ${server} 172.30.77.21 2 ${bits} 1 1 9 15 3 4 6 0 0 0`
  })
  const header =
    '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change'
  return ['1', header, ...rows].join('\n')
}
