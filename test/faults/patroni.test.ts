import { describe, expect, it } from 'vitest'
import type { FaultKind } from '../../src/faults/fault.ts'
import { performUndo } from '../../src/faults/undo.ts'
import { deleteLeaderKey } from '../../src/systems/patroni/faults/etcd/delete-leader-key.ts'
import { type ConfigPatch, difference, inverseOf } from '../../src/systems/patroni/faults/patroni/dynamic-config.ts'
import { failover } from '../../src/systems/patroni/faults/patroni/failover.ts'
import { patchConfig } from '../../src/systems/patroni/faults/patroni/patch-config.ts'
import { pausePatroni } from '../../src/systems/patroni/faults/patroni/pause-patroni.ts'
import { reinitialize } from '../../src/systems/patroni/faults/patroni/reinitialize.ts'
import { switchover } from '../../src/systems/patroni/faults/patroni/switchover.ts'
import { type FakeWorld, fakeScope, fakeWorld, part, whatRemains } from './fake-world.ts'

const never = new AbortController().signal
const leader = [part('patroni1')]
const CONFIG: ConfigPatch = { ttl: 20, loop_wait: 2, retry_timeout: 3, postgresql: { parameters: { work_mem: '4MB' } } }

describe('the dynamic configuration', () => {
  it.each([
    ['a value that was there', { ttl: 30 }, { ttl: 20 }],
    ['a value that was not', { failsafe_mode: true }, { failsafe_mode: null }],
    [
      'a parameter beside others',
      { postgresql: { parameters: { fsync: 'off' } } },
      { postgresql: { parameters: { fsync: null } } },
    ],
    ['a map in place of nothing', { standby_cluster: { host: 'x' } }, { standby_cluster: null }],
    ['a value in place of a map', { postgresql: 1 }, { postgresql: CONFIG.postgresql }],
  ])('is restored from %s', (_what, patch, inverse) => {
    expect(inverseOf(patch as ConfigPatch, CONFIG)).toEqual(inverse)
  })

  it('differs where a value was not taken, and not where Patroni left its text as it was', () => {
    expect(difference({ ttl: 30 }, CONFIG)).toBe('ttl is 20')
    expect(difference({ ttl: null }, CONFIG)).toBe('ttl is 20')
    expect(difference({ pause: true }, CONFIG)).toBe('pause is not set')
    expect(difference({ ttl: '20', pause: null }, CONFIG)).toBeNull()
    expect(difference({ constructor: null } as unknown as ConfigPatch, CONFIG)).toBeNull()
  })

  it('is patched with the undo written down first, shown by every node, and restored to the letter', async () => {
    const world = labWith(CONFIG)
    const scope = fakeScope(world)
    const params = patchConfig.schema.parse({ ttl: 30, 'parameters.fsync': 'off', failsafe_mode: true })
    expect(await patchConfig.refusal?.(params, leader, world, never)).toBeNull()
    const landed = await patchConfig.inject(params, leader, scope, never)
    expect(landed.proof).toContain('patroni1, patroni2, patroni3 shows it')
    expect(world.deeds.slice(0, 2)).toEqual(['undo restore-config', 'PATCH'])
    expect(configOf(world)).toMatchObject({ ttl: 30, failsafe_mode: true })

    const [undo] = scope.undos
    expect(await whatRemains(undo as never, world, never)).toContain('is 30')
    expect(await performUndo(undo as never, world)).toEqual({ ok: true })
    expect(configOf(world)).toEqual(CONFIG)
    expect(await performUndo(undo as never, world)).toEqual({ ok: true })
    expect(world.deeds.filter((deed) => deed === 'PATCH')).toHaveLength(2)
  })

  it('forgets a slot that it declares, and declares it again as it was', async () => {
    const slots = { to_master: { type: 'logical', plugin: 'pgoutput' }, other: { type: 'physical' } }
    const world = labWith({ ...CONFIG, slots })
    const scope = fakeScope(world)
    const params = patchConfig.schema.parse({ forget_slots: 'to_master' })
    const landed = await patchConfig.inject(params, leader, scope, never)
    expect(landed.text).toContain('slots.to_master: not set')
    expect(configOf(world).slots).toEqual({ other: slots.other })
    expect(await performUndo(scope.undos[0] as never, world)).toEqual({ ok: true })
    expect(configOf(world).slots).toEqual(slots)
  })

  it('is told as stuck, with the command, when etcd gives no answer', async () => {
    const world = labWith(CONFIG)
    world.keys.delete('config')
    const undone = await performUndo({ type: 'restore-config', params: { patch: { ttl: 20 } } }, world)
    expect(undone).toMatchObject({ ok: false, byHand: expect.stringContaining('PATCH') })
  })

  it('is not said to be in force when Patroni takes the change and does not make it', async () => {
    const world = labWith(CONFIG, { isDeaf: true })
    const scope = fakeScope(world)
    const params = patchConfig.schema.parse({ ttl: 30 })
    await expect(patchConfig.inject(params, leader, scope, never)).rejects.toThrow('but ttl is 20')
    expect(scope.undos).toHaveLength(1)
  })

  it.each([
    [{ loop_wait: 15 }, 'must not exceed ttl'],
    [{ ttl: 25, retry_timeout: 12 }, 'must not exceed ttl'],
    [{ ttl: 20 }, 'it is so already'],
  ])('refuses %j before anything is changed', async (given, why) => {
    const world = labWith(CONFIG)
    expect(await patchConfig.refusal?.(patchConfig.schema.parse(given), leader, world, never)).toContain(why)
    expect(world.deeds).toEqual([])
  })

  it.each([
    {},
    { ttl: 19 },
    { loop_wait: 0 },
    { ttl: '30; rm -rf /' },
    { nonsense: 1 },
    { parameters: { archive_command: 'rm -rf /' } },
    { 'parameters.work_mem': "8MB'; DROP" },
    { 'parameters.__proto__': 1 },
    { synchronous_mode: 'maybe' },
    { forget_slots: [] },
    { parameters: null },
  ])('has no setting %j', (given) => {
    expect(patchConfig.schema.safeParse(given).success).toBe(false)
  })

  it('has maintenance mode in it, which is refused where it is on', async () => {
    const world = labWith(CONFIG)
    const scope = fakeScope(world)
    await pausePatroni.inject({}, leader, scope, never)
    expect(configOf(world).pause).toBe(true)
    expect(await pausePatroni.refusal?.({}, leader, world, never)).toContain('already')
    await performUndo(scope.undos[0] as never, world)
    expect(configOf(world)).toEqual(CONFIG)
  })
})

describe('a switchover, and a failover', () => {
  it.each([
    ['a replica', ['patroni2'], {}, 'not the leader'],
    ['two nodes', ['patroni1', 'patroni2'], {}, 'one node'],
    ['the leader to itself', ['patroni1'], { candidate: 'patroni1' }, 'leads already'],
    ['a candidate that does not stream', ['patroni1'], { candidate: 'patroni3' }, 'stopped'],
  ])('of %s is refused', async (_what, names, given, why) => {
    const world = labWith(CONFIG)
    const refusal = await switchover.refusal?.(switchover.schema.parse(given), names.map(part), world, never)
    expect(refusal).toContain(why)
    expect(world.deeds).toEqual([])
  })

  it('is proven by the leader key', async () => {
    const world = labWith(CONFIG)
    const landed = await switchover.inject({ candidate: 'patroni2' }, leader, fakeScope(world), never)
    expect(landed).toMatchObject({ text: 'handed over to patroni2' })
  })

  it('has failed when Patroni says that it is done and the key stays where it was', async () => {
    const world = labWith(CONFIG, { isDeaf: true })
    for (const kind of [switchover, failover] as FaultKind[]) {
      const params = { candidate: 'patroni2' }
      await expect(kind.inject(params, leader, fakeScope(world), never)).rejects.toThrow('still holds the leader key')
    }
  })

  it('has failed when Patroni refuses, with what it says', async () => {
    const world = fakeWorld({ ask: async () => ({ status: 412, body: null, text: 'no good candidates' }) })
    const inject = switchover.inject({}, leader, fakeScope(world), never)
    await expect(inject).rejects.toThrow('no good candidates')
  })

  it('is not waited for after an interruption', async () => {
    const stop = new AbortController()
    const ask = (_n: unknown, _m: unknown, _p: unknown, _o: unknown, signal?: AbortSignal) =>
      new Promise<never>((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    const inject = switchover.inject({}, leader, fakeScope(fakeWorld({ ask })), stop.signal)
    stop.abort()
    await expect(inject).rejects.toThrow('finishes by itself')
  })

  it('has no candidate with shell characters', () => {
    for (const kind of [switchover, failover]) expect(kind.schema.safeParse({ candidate: 'a;b' }).success).toBe(false)
  })
})

describe('reinitializing', () => {
  it('is refused for the leader, and where there is none', async () => {
    const world = labWith(CONFIG)
    expect(await reinitialize.refusal?.({}, leader, world, never)).toContain('only a replica')
    world.keys.delete('leader')
    expect(await reinitialize.refusal?.({}, [part('patroni2')], world, never)).toContain('nobody to clone from')
  })

  it('is proven by the state, or by a PostgreSQL that was started since', async () => {
    for (const after of [{ state: 'creating replica' }, { state: 'running', postmaster_start_time: 'later' }]) {
      let asked = 0
      const ask = async (_node: string | null, method: string) => {
        if (method === 'POST') return { status: 200, body: null, text: 'reinitialize started' }
        const body = ++asked === 1 ? { state: 'running', postmaster_start_time: 'before' } : after
        return { status: 200, body, text: '' }
      }
      const world = fakeWorld({ ask })
      expect(await reinitialize.inject({}, [part('patroni2')], fakeScope(world), never)).toMatchObject({})
    }
  })
})

describe('deleting the leader key', () => {
  it('deletes the one that the target holds, and tells the revision', async () => {
    const world = fakeWorld()
    const landed = await deleteLeaderKey.inject({}, leader, fakeScope(world), never)
    expect(landed).toMatchObject({ proof: 'etcd deleted it at revision 8' })
    expect(world.keys.has('leader')).toBe(false)
  })

  it('leaves the key of another alone', async () => {
    const world = fakeWorld()
    world.keys.set('leader', { value: 'patroni2', modRevision: 9 })
    expect(await deleteLeaderKey.refusal?.({}, leader, world, never)).toContain('patroni2 holds')
    await expect(deleteLeaderKey.inject({}, leader, fakeScope(world), never)).rejects.toThrow('meanwhile')
    expect(world.deeds).toEqual([])
  })
})

function configOf(world: FakeWorld): ConfigPatch {
  return JSON.parse(world.keys.get('config')?.value ?? 'null')
}

/** Patroni on a map of keys: takes patches, and hands over at once. One that is deaf answers 200 and does nothing. */
function labWith(config: ConfigPatch, { isDeaf = false } = {}): FakeWorld {
  const members = [
    { name: 'patroni1', role: 'leader', state: 'running' },
    { name: 'patroni2', role: 'replica', state: 'streaming' },
    { name: 'patroni3', role: 'replica', state: 'stopped' },
  ]
  const world: FakeWorld = fakeWorld({
    ask: async (_node, method, path, { body } = {}) => {
      if (method === 'PATCH') world.deeds.push('PATCH')
      if (method === 'PATCH' && !isDeaf) set(merged(configOf(world), body as ConfigPatch))
      if (method === 'POST' && !isDeaf) world.keys.set('leader', { value: 'patroni2', modRevision: 8 })
      const answer = path === '/cluster' ? { members } : configOf(world)
      return { status: 200, body: answer, text: 'Successfully done' }
    },
  })
  const set = (value: ConfigPatch) => world.keys.set('config', { value: JSON.stringify(value), modRevision: 1 })
  set(config)
  return world
}

/** As Patroni's patch_config: null deletes, maps are merged. */
function merged(config: ConfigPatch, patch: ConfigPatch): ConfigPatch {
  const result: Record<string, ConfigPatch[string]> = { ...config }
  for (const [key, value] of Object.entries(patch)) {
    const was = result[key]
    const isMerged = typeof value === 'object' && value !== null && typeof was === 'object' && was !== null
    if (value === null) delete result[key]
    else result[key] = isMerged ? merged(was as ConfigPatch, value as ConfigPatch) : value
  }
  return result
}
