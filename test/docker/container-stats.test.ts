import { expect, test } from 'vitest'
import { containerStats, readStats } from '../../src/docker/container-stats.ts'
import { connectEngine } from '../../src/docker/engine.ts'
import { composeContainer, startFakeEngine } from './fake-engine.ts'

/** As an engine 20.10 on cgroup v1 sends it, shortened. */
const v1 = {
  read: '2026-11-20T07:50:41.868246955Z',
  cpu_stats: {
    cpu_usage: { total_usage: 9_199_759_840, percpu_usage: [4_231_147_723, 4_968_612_117] },
    system_cpu_usage: 2_642_870_000_000,
    online_cpus: 2,
  },
  precpu_stats: { cpu_usage: { total_usage: 8_699_759_840 }, system_cpu_usage: 2_640_870_000_000 },
  memory_stats: {
    usage: 120_860_672,
    stats: { cache: 64_180_224, inactive_file: 7, total_inactive_file: 38_789_120 },
  },
}

/** The same on cgroup v2, which has no percpu_usage and no total_… counters. */
const v2 = {
  cpu_stats: { cpu_usage: { total_usage: 3_000_000_000 }, system_cpu_usage: 20_000_000_000, online_cpus: 4 },
  precpu_stats: {
    cpu_usage: { total_usage: 1_500_000_000 },
    system_cpu_usage: 16_000_000_000,
    online_cpus: 4,
  },
  memory_stats: { usage: 100_000_000, stats: { anon: 60_000_000, inactive_file: 30_000_000 } },
}

test('cgroup v1: half a second of one core, memory without the inactive file cache of all children', () => {
  // 0.5 s used while both cores together passed 2 s, so 0.25 of two cores.
  expect(readStats(v1)).toEqual({ cpuCores: 0.5, memoryBytes: 82_071_552 })
})

test('cgroup v2: one and a half cores, memory without the inactive file cache', () => {
  expect(readStats(v2)).toEqual({ cpuCores: 1.5, memoryBytes: 70_000_000 })
})

test('without online_cpus the cores are counted', () => {
  const { online_cpus: _, ...cpu } = v1.cpu_stats
  expect(readStats({ ...v1, cpu_stats: cpu })?.cpuCores).toBe(0.5)
})

test('a cache above the usage is not taken off', () => {
  const memory_stats = { usage: 1_000, stats: { inactive_file: 2_000 } }
  expect(readStats({ ...v2, memory_stats })?.memoryBytes).toBe(1_000)
  expect(readStats({ ...v2, memory_stats: { usage: 1_000 } })?.memoryBytes).toBe(1_000)
})

test('an idle container uses nothing', () => {
  const precpu_stats = { ...v2.precpu_stats, cpu_usage: v2.cpu_stats.cpu_usage }
  expect(readStats({ ...v2, precpu_stats })?.cpuCores).toBe(0)
})

test.each([
  ['the first of a stream', { ...v1, precpu_stats: { cpu_usage: { total_usage: 0 } } }],
  ['no time passed', { ...v2, precpu_stats: { ...v2.precpu_stats, system_cpu_usage: 20_000_000_000 } }],
  ['a counter that went back', { ...v2, precpu_stats: { ...v2.precpu_stats, cpu_usage: { total_usage: 9e9 } } }],
  ['a stopped container', { cpu_stats: { cpu_usage: { total_usage: 0 } }, precpu_stats: {}, memory_stats: {} }],
  ['nothing', {}],
  ['no object', null],
])('a sample that says nothing is left out: %s', (_, sample) => {
  expect(readStats(sample)).toBeNull()
})

test('the stream gives the samples that count, and throws when it is cut', async () => {
  await using fake = await startFakeEngine()
  const db = composeContainer('db')
  fake.containers.push(db)
  const stats = await containerStats(await connectEngine(fake.environment), db.id)
  const iterator = stats[Symbol.asyncIterator]()
  fake.send(`/containers/${db.id}/stats`, { ...v1, precpu_stats: { cpu_usage: { total_usage: 0 } } })
  fake.send(`/containers/${db.id}/stats`, v1)
  expect((await iterator.next()).value).toEqual({ cpuCores: 0.5, memoryBytes: 82_071_552 })
  fake.cut()
  await expect(iterator.next()).rejects.toMatchObject({ code: 'cut' })
})

test('a container that is gone is an error at once', async () => {
  await using fake = await startFakeEngine()
  fake.answers.set('GET /containers/', 404)
  const stats = containerStats(await connectEngine(fake.environment), 'ab'.repeat(32))
  await expect(stats).rejects.toMatchObject({ statusCode: 404 })
})
