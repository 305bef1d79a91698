import { describe, expect, it } from 'vitest'
import { toMemoryLimit } from '../../src/docker/limits.ts'
import { cpu } from '../../src/faults/container/cpu.ts'
import { kill } from '../../src/faults/container/kill.ts'
import { memory } from '../../src/faults/container/memory.ts'
import { pause } from '../../src/faults/container/pause.ts'
import { parseCgroup } from '../../src/faults/container/read-cgroup.ts'
import { makeAgain, recreate } from '../../src/faults/container/recreate.ts'
import { restart } from '../../src/faults/container/restart.ts'
import { scanContainers } from '../../src/faults/container/scan-containers.ts'
import { stop } from '../../src/faults/container/stop.ts'
import type { FaultKind } from '../../src/faults/fault.ts'
import { performUndo, undoByHand } from '../../src/faults/undo.ts'
import { done, type FakeScope, type FakeWorld, fakeScope, fakeWorld, part, whatRemains } from './fake-world.ts'
import { hastyClock } from './hasty-clock.ts'

const signal = new AbortController().signal
const MIB = 2 ** 20

/** Injects a fault; gives what came of it, or the message of what was thrown. */
async function injectInto(kind: FaultKind, target: string, settings: object, world: FakeWorld) {
  const scope = fakeScope(world)
  const landed = await kind
    .inject(kind.schema.parse(settings), [part(target)], scope, signal)
    .catch((error: Error) => error.message)
  scope.close()
  return { landed, scope }
}

function change(world: FakeWorld, service: string, facts: object): void {
  const before = world.facts.get(service)
  if (before) world.facts.set(service, { ...before, ...facts })
}

async function heal(scope: FakeScope, world: FakeWorld) {
  const undone = []
  for (const undo of scope.undos.toReversed()) undone.push(await performUndo(undo, world))
  return undone
}

const kinds: [FaultKind, change: string][] = [
  [stop, 'stop etcd1'],
  [kill, 'send KILL etcd1'],
  [pause, 'pause etcd1'],
  [restart, 'restart etcd1'],
  [recreate, 'remove etcd1'],
  [memory, 'memory etcd1'],
  [cpu, 'cpu etcd1'],
]

describe.each(kinds)('%o', (kind, firstChange) => {
  it('writes down what takes it back before it changes anything', async () => {
    const world = fakeWorld({ clock: hastyClock() })
    await injectInto(kind, 'etcd1', {}, world)
    const undo = world.deeds.findIndex((deed) => deed.startsWith('undo '))
    const changed = world.deeds.findIndex((deed) => deed.startsWith(firstChange))
    expect(undo).toBeGreaterThanOrEqual(0)
    expect(changed).toBeGreaterThan(undo)
  })

  it('leaves what does not run alone: healing would take back what another fault did', async () => {
    const world = fakeWorld({ clock: hastyClock() })
    change(world, 'etcd1', { state: 'exited' })
    expect(await kind.refusal?.(kind.schema.parse({}), [part('etcd1')], world, signal)).toMatch(
      /the container of etcd1 has exited/,
    )
    expect(world.deeds).toEqual([])
  })

  it('refuses what is not there with a line, not with an error', async () => {
    const world = fakeWorld({ clock: hastyClock() })
    world.facts.delete('etcd1')
    expect(await kind.refusal?.(kind.schema.parse({}), [part('etcd1')], world, signal)).toMatch(/etcd1/)
  })

  it('has nothing against a container that runs', async () => {
    const world = fakeWorld({ clock: hastyClock() })
    expect(await kind.refusal?.(kind.schema.parse({}), [part('etcd1')], world, signal)).toBeNull()
  })

  it('is undone completely, and once more without harm', async () => {
    const world = fakeWorld({ clock: hastyClock() })
    const { scope } = await injectInto(kind, 'etcd1', {}, world)
    for (const round of [1, 2]) {
      expect([round, ...(await heal(scope, world))]).toEqual([round, ...scope.undos.map(() => ({ ok: true }))])
    }
    expect(world.facts.get('etcd1')).toMatchObject({ state: 'running', memoryBytes: 0, cpuQuotaMicros: 0, nanoCpus: 0 })
  })

  it('takes no setting that it does not know', () => {
    expect(kind.schema.safeParse({ sideways: true }).success).toBe(false)
  })
})

describe('kill', () => {
  it('is momentary with a signal that does not end the container', async () => {
    const { landed } = await injectInto(kill, 'etcd1', { signal: 'HUP' }, fakeWorld({ clock: hastyClock() }))
    expect(landed).toMatchObject({ isMomentary: true, text: 'was sent SIGHUP', textOfSeveral: 'were sent SIGHUP' })
  })

  it('keeps what starts it again when the container may still be on its way out', async () => {
    const world = fakeWorld({ clock: hastyClock() })
    expect((await injectInto(kill, 'etcd1', { signal: 'TERM' }, world)).landed).toMatchObject({ isMomentary: false })
    expect((await injectInto(kill, 'haproxy', { signal: 'USR1' }, world)).landed).toMatchObject({ isMomentary: false })
  })

  it('has failed when the container survives SIGKILL', async () => {
    const world = fakeWorld({ clock: hastyClock() })
    Object.assign(world.containers, { sendSignal: async () => {} })
    expect((await injectInto(kill, 'etcd1', {}, world)).landed).toMatch(/did not end by SIGKILL/)
  })

  it.each(['STOP', 'SIGKILL', '9', 'KILL; rm -rf /', ''])('takes no such signal: %j', (name) => {
    expect(kill.schema.safeParse({ signal: name }).success).toBe(false)
  })
})

describe('restart', () => {
  it('has failed when the container was not started again', async () => {
    const { landed } = await injectInto(restart, 'etcd1', {}, fakeWorld({ clock: hastyClock() }))
    expect(landed).toBe('etcd1 has not been restarted')
  })
})

describe('recreate', () => {
  it('has failed when the container is the same one as before', async () => {
    const world = fakeWorld({ clock: hastyClock() })
    Object.assign(world.containers, { remove: async () => {} })
    expect((await injectInto(recreate, 'etcd1', {}, world)).landed).toMatch(/still the same one/)
  })

  it('heals when it broke off between the removal and the making: the journal holds all that it takes', async () => {
    const world = fakeWorld({ clock: hastyClock() })
    const build = world.containers.build
    Object.assign(world.containers, { build: async () => Promise.reject(new Error('the engine went away')) })
    const { scope } = await injectInto(recreate, 'etcd1', {}, world)
    const [undo] = structuredClone(scope.undos)
    if (undo === undefined) throw new Error('nothing was deferred')
    expect(await performUndo(undo, world)).toMatchObject({
      ok: false,
      byHand: expect.stringMatching(/^curl .*start lab/),
    })
    expect(await whatRemains(undo, world, signal)).toBe('there is no container of etcd1')
    Object.assign(world.containers, { build })
    expect(await performUndo(undo, world)).toEqual({ ok: true })
  })

  it.each([
    [{ AutoRemove: true }, /--rm/],
    [{ NetworkMode: 'container:abc' }, /network/],
  ])('refuses %j', async (hostConfig, why) => {
    const world = fakeWorld({ clock: hastyClock() })
    const blueprint = await world.containers.blueprint('etcd1')
    Object.assign(world.containers, { blueprint: async () => ({ ...blueprint, hostConfig }) })
    expect(await recreate.refusal?.({}, [part('etcd1')], world, signal)).toMatch(why)
  })

  it('tells a command that survives quotes in the environment', async () => {
    const world = fakeWorld()
    const blueprint = { ...(await world.containers.blueprint('etcd1')), config: { Env: ["HOSTS='a','b'; rm -rf /"] } }
    const command = makeAgain.byHand(blueprint, world)
    const [, body = ''] = / -d ('(?:[^']|'\\'')*') /.exec(command) ?? []
    const unquoted = body.slice(1, -1).replaceAll("'\\''", "'")
    expect(JSON.parse(unquoted)).toMatchObject({ Env: ["HOSTS='a','b'; rm -rf /"] })
  })

  it('takes no container whose name a shell would take for more', () => {
    const undo = {
      type: 'make-again',
      params: { service: 'a', name: 'a; rm', config: {}, hostConfig: {}, networks: [] },
    }
    expect(undoByHand(undo, fakeWorld())).toBe('chaoslab heal')
  })
})

describe('memory', () => {
  const cgroup = (held: number, oomKills: number) =>
    done(
      `memory.usage_in_bytes ${held + 5_000}\nmemory.stat total_inactive_file 5000\nmemory.oom_control oom_kill ${oomKills}\n`,
    )
  const inUse = (service: string) => Object.assign(new Error(`${service} is in use`), { statusCode: 500 })

  /** A kernel that refuses less than is held, and begins to kill once a limit is set. */
  function busy(heldBytes: number, { strikes }: { strikes: number }): FakeWorld {
    let limited = false
    const world = fakeWorld({ clock: hastyClock(), exec: () => cgroup(heldBytes, limited ? strikes : 0) })
    const limitMemory = world.containers.limitMemory
    const refusing: typeof limitMemory = async (service, limit, stopped) => {
      if (limit.memoryBytes !== 0 && limit.memoryBytes < heldBytes) throw inUse(service)
      limited = limit.memoryBytes !== 0
      await limitMemory(service, limit, stopped)
    }
    Object.assign(world.containers, { limitMemory: refusing })
    return world
  }

  it('goes as low as the kernel lets it, and proves it by the OOM killer', async () => {
    const { landed } = await injectInto(memory, 'etcd1', {}, busy(40 * MIB, { strikes: 2 }))
    expect(landed).toMatchObject({
      text: 'was limited to 40 MiB of memory, and the OOM killer struck',
      proof: 'the kernel counts 2 ended for want of memory in etcd1, at a limit of 40 MiB',
      isSeenByDocker: false,
    })
  })

  it('is in force without a victim as well, and says so', async () => {
    const { landed } = await injectInto(memory, 'etcd1', { mib: 64 }, busy(40 * MIB, { strikes: 0 }))
    expect(landed).toMatchObject({ text: 'was limited to 64 MiB of memory' })
  })

  it('leaves it to Docker to tell when the container itself ended', async () => {
    const world = busy(40 * MIB, { strikes: 0 })
    const limitMemory = world.containers.limitMemory
    const deadly: typeof limitMemory = async (service, limit) => {
      await limitMemory(service, limit)
      if (limit.memoryBytes !== 0) change(world, service, { state: 'exited', wasOomKilled: true })
    }
    Object.assign(world.containers, { limitMemory: deadly })
    const { landed, scope } = await injectInto(memory, 'etcd1', {}, world)
    expect(landed).toMatchObject({ isSeenByDocker: true })
    expect(await heal(scope, world)).toEqual([{ ok: true }, { ok: true }])
    expect(world.facts.get('etcd1')).toMatchObject({ state: 'running', memoryBytes: 0 })
  })

  it('has failed when the limit is not what was set', async () => {
    const world = busy(MIB, { strikes: 0 })
    Object.assign(world.containers, { limitMemory: async () => {} })
    expect((await injectInto(memory, 'etcd1', {}, world)).landed).toMatch(/not in force/)
  })

  it('gives back the limit that was there before', async () => {
    const world = busy(MIB, { strikes: 0 })
    change(world, 'etcd1', { memoryBytes: 512 * MIB, memorySwapBytes: 1024 * MIB })
    const { scope } = await injectInto(memory, 'etcd1', {}, world)
    await heal(scope, world)
    expect(world.facts.get('etcd1')).toMatchObject({ memoryBytes: 512 * MIB, memorySwapBytes: 1024 * MIB })
  })

  it('restores nothing in a container that has been removed', async () => {
    const world = busy(MIB, { strikes: 0 })
    const { scope } = await injectInto(memory, 'etcd1', {}, world)
    world.facts.delete('etcd1')
    expect(await performUndo(scope.undos[1] as never, world)).toEqual({ ok: true })
  })

  it.each([{ mib: 5 }, { mib: -1 }, { mib: '64; reboot' }, { mib: 6.5 }])('takes no %j', (settings) => {
    expect(memory.schema.safeParse(settings).success).toBe(false)
  })
})

describe('cpu', () => {
  it('limits by cores what was made with cores, for Docker does not mix them', async () => {
    const world = fakeWorld()
    change(world, 'etcd1', { nanoCpus: 1e9 })
    const { scope } = await injectInto(cpu, 'etcd1', { cores: 0.1 }, world)
    expect(world.deeds).toContain('cpu etcd1 100000000')
    await heal(scope, world)
    expect(world.facts.get('etcd1')).toMatchObject({ nanoCpus: 1e9, cpuQuotaMicros: 0 })
  })

  it('limits all else by a quota of its period', async () => {
    const world = fakeWorld()
    change(world, 'etcd1', { cpuPeriodMicros: 50_000 })
    await injectInto(cpu, 'etcd1', {}, world)
    expect(world.deeds).toContain('cpu etcd1 2500')
  })

  it('has failed when Docker says otherwise afterwards', async () => {
    const world = fakeWorld()
    Object.assign(world.containers, { limitCpu: async () => {} })
    expect((await injectInto(cpu, 'etcd1', {}, world)).landed).toBe('Docker has etcd1 at all cores')
  })

  it('refuses to loosen a limit', async () => {
    const world = fakeWorld()
    change(world, 'etcd1', { cpuQuotaMicros: 1_000 })
    expect(await cpu.refusal?.({ cores: 0.05 }, [part('etcd1')], world, signal)).toMatch(/0.01 cores already/)
  })

  it('tells what remains until it is undone', async () => {
    const world = fakeWorld()
    const { scope } = await injectInto(cpu, 'etcd1', {}, world)
    const [undo] = scope.undos
    expect(await whatRemains(undo as never, world, signal)).toBe('the CPU of etcd1 is still limited')
    expect(undoByHand(undo as never, world)).toBe('docker update --cpu-quota -1 lab_etcd1_1')
  })

  it.each([{ cores: 0 }, { cores: -1 }, { cores: 1e9 }, { cores: '1' }])('takes no %j', (settings) => {
    expect(cpu.schema.safeParse(settings).success).toBe(false)
  })
})

describe('a memory limit as Docker keeps it', () => {
  it.each([
    [0, 0, 0, 0],
    [-1, -1, 0, 0],
    [2 ** 62, -1, 0, 0],
    [64 * MIB, 128 * MIB, 64 * MIB, 128 * MIB],
    [64 * MIB, -1, 64 * MIB, -1],
    [64 * MIB, 2 ** 63 - 4_096, 64 * MIB, -1],
  ])('%d and %d with swap', (memoryBytes, swap, expected, expectedSwap) => {
    expect(toMemoryLimit(memoryBytes, swap)).toEqual({ memoryBytes: expected, memorySwapBytes: expectedSwap })
  })
})

describe('what the kernel says of a container', () => {
  it('is read from cgroup v1', () => {
    const text = `memory.limit_in_bytes 67108864
memory.usage_in_bytes 50000000
memory.stat inactive_file 1
memory.stat total_inactive_file 1000000
memory.stat total_active_file 2000000
memory.oom_control oom_kill_disable 0
memory.oom_control oom_kill 3
cpu.cfs_quota_us -1
cpu.stat nr_throttled 7
`
    expect(parseCgroup(text)).toEqual({
      memoryLimitBytes: 67_108_864,
      heldBytes: 47_000_000,
      oomKills: 3,
      cpuQuotaMicros: null,
      throttled: 7,
    })
  })

  it('is read from cgroup v2', () => {
    const text = `memory.max max
memory.current 50000000
memory.stat inactive_file 1000000
memory.stat active_file 2000000
memory.events oom_kill 3
cpu.max 5000 100000
cpu.stat nr_throttled 7
`
    expect(parseCgroup(text)).toEqual({
      memoryLimitBytes: null,
      heldBytes: 47_000_000,
      oomKills: 3,
      cpuQuotaMicros: 5_000,
      throttled: 7,
    })
  })

  it('is nothing when there is nothing to read', () => {
    expect(parseCgroup('')).toEqual({
      memoryLimitBytes: null,
      heldBytes: null,
      oomKills: null,
      cpuQuotaMicros: null,
      throttled: null,
    })
  })
})

describe('the scan of containers', () => {
  it('finds nothing in a lab that runs', async () => {
    expect(await scanContainers(fakeWorld(), signal)).toEqual([])
  })

  it('tells of each that does not, and what to do about it', async () => {
    const world = fakeWorld()
    change(world, 'etcd1', { state: 'paused' })
    change(world, 'etcd2', { state: 'exited' })
    world.facts.delete('etcd3')
    expect(await scanContainers(world, signal)).toEqual([
      'etcd1 is paused: docker unpause lab_etcd1_1',
      'etcd2 has exited: docker start lab_etcd2_1',
      'etcd3: its container has been removed',
    ])
  })
})
