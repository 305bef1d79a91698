import { expect, test } from 'vitest'
import { resolveTarget } from '../../src/faults/resolve-target.ts'
import { parseTarget, type Target } from '../../src/faults/target.ts'
import { seededRng } from '../../src/model/rng.ts'
import { onHosts } from '../../src/systems/on-hosts.ts'
import { patroni } from '../../src/systems/patroni/system.ts'
import { parts } from '../faults/fake-world.ts'
import { key, play, started } from '../model/events.ts'

const hostOf = Object.fromEntries(parts.map(({ name }) => [name, `host${/\d$/.exec(name)?.[0] ?? 1}`]))
const siteOf = { host1: 'east', host2: 'east', host3: 'west' }
const placed = parts.map((part) => ({ ...part, host: hostOf[part.name] ?? '' }))
const system = onHosts(patroni, hostOf, siteOf)
const state = play([
  [0, started],
  [1, key('patroni2', 7)],
])

function resolve(text: string, seed = 1): readonly string[] {
  const target = parseTarget(text)
  expect(target).not.toHaveProperty('error')
  const scene = { parts: placed, missing: [], system, state: () => state }
  const kind = { type: 'kill', aims: ['node', 'etcd', 'proxy'] } as const
  return resolveTarget(target as Target, kind, scene, seededRng(seed)).map(({ name }) => name)
}

test.each([
  ['host(host1)', ['patroni1', 'etcd1', 'haproxy']],
  ['leader-host', ['patroni2', 'etcd2']],
  ['leader-site', ['patroni1', 'patroni2', 'etcd1', 'etcd2', 'haproxy']],
  ['site(east)', ['patroni1', 'patroni2', 'etcd1', 'etcd2', 'haproxy']],
  ['hosts', parts.map(({ name }) => name)],
  ['all(host(host2), host(host3))', ['patroni2', 'patroni3', 'etcd2', 'etcd3']],
  ['leader', ['patroni2']],
])('%s stands for all that is there', (target, names) => {
  expect(resolve(target)).toEqual(names)
})

test('a host of no site is the site of its own leader', () => {
  const alone = onHosts(patroni, hostOf, { host1: 'east', host3: 'east' })
  const found = alone.inRole('leader-site', placed, state)
  expect(found).toEqual(['patroni2', 'etcd2'])
})

test('hosts are drawn whole, and not their parts', () => {
  const drawn = resolve('random(of: hosts, count: 2)')
  const hosts = new Set(drawn.map((name) => hostOf[name]))
  expect(hosts.size).toBe(2)
  expect(drawn).toEqual(parts.map(({ name }) => name).filter((name) => hosts.has(hostOf[name])))
})

test('no more hosts are drawn than there are', () => {
  expect(() => resolve('random(of: hosts, count: 4)')).toThrow('only 3 hosts')
})

test('a host that there is not is no part of the lab', () => {
  expect(() => resolve('host(host9)')).toThrow(/host\(host9\) is no part of this lab; did you mean host\(host/)
})

test.each(['host', 'host()', 'host(a', 'host(a, b)', 'site(  )'])('%s is told from a target', (text) => {
  const target = parseTarget(text)
  if (text === 'host') expect(target).toEqual({ type: 'name', name: 'host' })
  else expect(target).toHaveProperty('error')
})
