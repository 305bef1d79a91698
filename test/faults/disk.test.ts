import { describe, expect, it } from 'vitest'
import { fillDisk, fillWal } from '../../src/faults/disk/fill-disk.ts'
import { formatBytes } from '../../src/faults/disk/format-bytes.ts'
import { slowDisk } from '../../src/faults/disk/slow-disk.ts'
import { fileSystemOf, parseSurvey } from '../../src/faults/disk/survey.ts'
import { performUndo } from '../../src/faults/undo.ts'
import { done, type FakeWorld, fakeScope, fakeWorld, part, whatRemains } from './fake-world.ts'

const never = new AbortController().signal
const GIB = 2 ** 30
const victim = [part('patroni1')]
const full = fillDisk.schema.parse({})

describe('filling a disk', () => {
  it('takes all the space of a volume of its own, with the undo written down first, and gives it back', async () => {
    const { world, disks } = labWithDisks()
    const scope = fakeScope(world)
    expect(await fillDisk.refusal?.(full, victim, world, never)).toBeNull()
    const landed = await fillDisk.inject(full, victim, scope, never)
    scope.close()
    expect(landed.proof).toMatch(/100 % of 2\.0 GiB used; dd: .*No space left on device/)
    expect(world.deeds.indexOf('undo remove-ballast')).toBeLessThan(
      world.deeds.findIndex((deed) => deed.includes(' all')),
    )
    const undo = scope.undos[0] as never
    expect(await whatRemains(undo, world, never)).toContain('still takes')
    await world.containers.act('stop', 'patroni1')
    expect(await performUndo(undo, world)).toEqual({ ok: true })
    expect(disks.get('patroni1')?.files.size).toBe(0)
    expect(await performUndo(undo, world)).toEqual({ ok: true })
  })

  it('is stuck, with the command, where the file cannot be removed', async () => {
    const { world, disks } = labWithDisks()
    const scope = fakeScope(world)
    await fillWal.inject({}, victim, scope, never)
    scope.close()
    ;(disks.get('patroni1') as Disk).isBroken = true
    const undone = await performUndo(scope.undos[0] as never, world)
    expect(undone).toMatchObject({ ok: false, byHand: expect.stringContaining('--volumes-from lab_patroni1_1') })
  })

  it('has failed where it can still be written to', async () => {
    const { world, disks } = labWithDisks()
    ;(disks.get('patroni1') as Disk).isElastic = true
    const scope = fakeScope(world)
    await expect(fillDisk.inject(full, victim, scope, never)).rejects.toThrow('can still be written to')
    scope.close()
    expect(await performUndo(scope.undos[0] as never, world)).toEqual({ ok: true })
    expect(disks.get('patroni1')?.files.size).toBe(0)
  })

  it.each([
    ["Docker's own data", { patroni1: { device: 1, type: 'ext4', size: 200 * GIB, used: 100 * GIB } }],
    ['patroni2', { patroni1: { device: 9, type: 'xfs' }, patroni2: { device: 9 } }],
    ['etcd3', { patroni1: { device: 9, type: 'xfs' }, etcd3: { device: 9 } }],
  ])('is refused, before anything is changed, for a disk that is shared with %s', async (whom, change) => {
    const { world } = labWithDisks(change)
    for (const refusal of [
      await fillDisk.refusal?.(full, victim, world, never),
      await fillWal.refusal?.({}, victim, world, never),
    ]) {
      expect(refusal).toContain(whom)
      expect(refusal).toContain('volume')
    }
    expect(world.deeds.every((deed) => /^disk \w+$/.test(deed))).toBe(true)
  })

  it('looks at the disk of the target alone where it is a volume in memory that nobody else has', async () => {
    const { world } = labWithDisks()
    expect(await fillDisk.refusal?.(full, victim, world, never)).toBeNull()
    expect(world.deeds).toEqual(['disk patroni1'])
    const facts = await world.containers.facts('etcd1')
    world.facts.set('etcd1', { ...facts, volumes: { 'patroni1-data': '/elsewhere' } })
    expect(await fillDisk.refusal?.(full, victim, world, never)).toBeNull()
    expect(world.deeds).toEqual(['disk patroni1', 'disk patroni1', 'disk etcd1'])
  })

  it.each([
    [81, null],
    [89, null],
    [91, 'must stay free'],
  ])('of a shared disk leaves a tenth free: to %i %%', async (percent, why) => {
    const { world } = labWithDisks({ patroni1: { device: 1, type: 'ext4', size: 200 * GIB, used: 100 * GIB } })
    const refusal = await fillDisk.refusal?.({ percent }, victim, world, never)
    if (why === null) expect(refusal).toBeNull()
    else expect(refusal).toContain(why)
  })

  it('is refused for a disk in a memory that has no room for it', async () => {
    const { world } = labWithDisks({ patroni1: { size: 20 * GIB } })
    expect(await fillDisk.refusal?.(full, victim, world, never)).toContain('in memory')
  })

  it('is refused when it is as full already, or there is no data in a volume', async () => {
    const { world } = labWithDisks({ patroni1: { used: 1.5 * GIB }, patroni2: { hasData: false } })
    expect(await fillDisk.refusal?.({ percent: 50 }, victim, world, never)).toContain('75 % already')
    expect(await fillDisk.refusal?.(full, [part('patroni2')], world, never)).toContain('no PostgreSQL data')
  })

  it.each([{ percent: 0 }, { percent: 101 }, { percent: '90; rm' }, { file: '/etc/passwd' }])(
    'has no setting %j',
    (given) => expect(fillDisk.schema.safeParse(given).success).toBe(false),
  )

  it.each([
    '/etc/passwd',
    '/data/../etc/pgsql_tmp.chaoslab-1',
    '/a b/pgsql_tmp.chaoslab-1',
    '/a/pgsql_tmp.chaoslab-1;x',
  ])('never removes %s', async (file) => {
    const { world } = labWithDisks()
    expect(await performUndo({ type: 'remove-ballast', params: { service: 'patroni1', file } }, world)).toMatchObject({
      ok: false,
    })
    expect(world.deeds).toEqual([])
  })
})

describe('slowing a disk down', () => {
  it('limits the device of the WAL with the undo written down first, and takes the limit away', async () => {
    const { world, limits } = labWithLimits()
    const scope = fakeScope(world)
    const params = slowDisk.schema.parse({})
    expect(await slowDisk.refusal?.(params, victim, world, never)).toBeNull()
    const landed = await slowDisk.inject(params, victim, scope, never)
    expect(landed.proof).toContain('8:0 write 262144')
    expect(world.deeds.indexOf('undo quicken-disk')).toBeLessThan(
      world.deeds.findIndex((deed) => deed.endsWith('262144')),
    )
    expect(await whatRemains(scope.undos[0] as never, world, never)).toContain('still limited')
    expect(await performUndo(scope.undos[0] as never, world)).toEqual({ ok: true })
    expect(limits.size).toBe(0)
  })

  it('has failed where the kernel takes no limit', async () => {
    const { world } = labWithLimits({ isDeaf: true })
    await expect(slowDisk.inject({ kibPerSecond: 64 }, victim, fakeScope(world), never)).rejects.toThrow(
      'took no limit',
    )
  })

  it('is refused where the data is on no disk, is limited already, or the container does not run', async () => {
    const memory = fakeWorld({ disk: () => ({ code: 1, stdout: '', stderr: 'its data is on no disk (tmpfs)' }) })
    expect(await slowDisk.refusal?.({ kibPerSecond: 64 }, victim, memory, never)).toContain('on no disk (tmpfs)')
    const { world } = labWithLimits()
    await slowDisk.inject({ kibPerSecond: 64 }, victim, fakeScope(world), never)
    expect(await slowDisk.refusal?.({ kibPerSecond: 64 }, victim, world, never)).toContain('limited already')
    await world.containers.act('stop', 'patroni1')
    expect(await slowDisk.refusal?.({ kibPerSecond: 64 }, victim, world, never)).toContain('has exited')
  })

  it('has nothing to undo once the container has ended', async () => {
    const { world } = labWithLimits()
    const scope = fakeScope(world)
    await slowDisk.inject({ kibPerSecond: 64 }, victim, scope, never)
    await world.containers.act('kill', 'patroni1')
    const before = world.deeds.length
    expect(await performUndo(scope.undos[0] as never, world)).toEqual({ ok: true })
    expect(world.deeds).toHaveLength(before)
  })
})

describe('a survey of disks', () => {
  it('finds the file system that is mounted closest', () => {
    const survey = parseSurvey(
      'fs /data 1 ext4 9 1 8\nfs /data/wal 2 xfs 9 1 8\nengine 1\nmemory 4\ndata /data/pg\nwal /data/wal/x',
    )
    expect(fileSystemOf('/data/wal/x', survey)?.device).toBe(2)
    expect(fileSystemOf('/data/walnut', survey)?.device).toBe(1)
    expect(fileSystemOf('/elsewhere', survey)).toBeNull()
    expect(survey).toMatchObject({ engineDevice: 1, freeMemoryBytes: 4096, walFolder: '/data/wal/x' })
  })

  it.each([
    [0, '0 bytes'],
    [1536, '1.5 KiB'],
    [2 * GIB, '2.0 GiB'],
    [25.2 * GIB, '25 GiB'],
  ])('tells %d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))
})

interface Disk {
  device: number
  type: string
  size: number
  used: number
  hasData: boolean
  /** Files that a fault has made, with their sizes. */
  files: Map<string, number>
  isBroken?: boolean
  isElastic?: boolean
}

/** Every part on a tmpfs of 2 GiB of its own, but for what is changed; the engine is on device 1. */
function labWithDisks(change: Record<string, Partial<Disk>> = {}): { world: FakeWorld; disks: Map<string, Disk> } {
  const disks = new Map<string, Disk>()
  const world = fakeWorld({
    disk(service, [, , script = '', , file, amount]) {
      const disk = disks.get(service) as Disk
      if (script.startsWith('rm -f')) {
        if (disk.isBroken) return { code: 1, stdout: '', stderr: 'rm: Read-only file system' }
        disk.files.delete(file ?? '')
        return done()
      }
      if (script.startsWith('[ ! -e')) return done(disk.files.get(file ?? '')?.toString() ?? '')
      if (file !== undefined) {
        const isAll = amount === 'all'
        disk.files.set(file, isAll ? disk.size - disk.used - (disk.isElastic ? GIB : 0) : Number(amount))
      }
      return done(surveyOf(disk))
    },
  })
  for (const [index, { service }] of world.parts.entries()) {
    const own = {
      device: 100 + index,
      type: 'tmpfs',
      size: 2 * GIB,
      used: 0,
      hasData: service.startsWith('patroni'),
      files: new Map(),
    }
    disks.set(service, { ...own, ...change[service] })
  }
  return { world, disks }
}

function surveyOf({ device, type, size, used, hasData, files }: Disk): string {
  const taken = used + [...files.values()].reduce((sum, each) => sum + each, 0)
  const isFull = taken >= size
  return [
    `fs /data ${device} ${type} ${size} ${taken} ${size - taken}`,
    ...(hasData ? ['data /data/pgdata', 'wal /data/pgdata/pg_wal'] : []),
    'engine 1',
    `memory ${(16 * GIB) / 1024}`,
    `writing ${isFull ? "dd: error writing '/data/pgdata/x': No space left on device" : 'done'}`,
  ].join('\n')
}

/** A kernel that keeps limits in a map. */
function labWithLimits({ isDeaf = false } = {}): { world: FakeWorld; limits: Map<string, string> } {
  const limits = new Map<string, string>()
  const world = fakeWorld({
    disk(_service, [, , , , device, limit]) {
      if (device !== undefined && limit !== undefined && !isDeaf) {
        for (const way of ['read', 'write']) {
          if (limit === '0') limits.delete(way)
          else limits.set(way, `limit ${device} ${way} ${limit}`)
        }
      }
      return done(['device 8:0', ...limits.values()].join('\n'))
    },
  })
  return { world, limits }
}
