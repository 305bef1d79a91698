import { expect, test } from 'vitest'
import type { EventBody } from '../../src/model/events.ts'
import { nodeBehind } from '../../src/systems/patroni/observe/node-behind.ts'
import { cluster, play, postgres, started } from '../model/events.ts'

const address = (port: number) => ({ host: '127.0.0.1', port })
const nodes = ['patroni1', 'patroni2'].map((name, index) => {
  return { name, rest: 'http://127.0.0.1:8008', postgres: address(5441 + index) }
})
function membersAt(hosts: Readonly<Record<string, string>>): EventBody {
  const read = cluster({ patroni1: 'leader', patroni2: 'replica' })
  if (read.type !== 'patroni.cluster' || !read.reading.ok) throw new Error('no members')
  const members = read.reading.value.members.map((member) => ({
    ...member,
    host: hosts[member.name] ?? '',
    port: 5432,
  }))
  return { ...read, reading: { ok: true, value: { ...read.reading.value, members } } }
}

const state = play([
  [0, started],
  [1, membersAt({ patroni1: '10.9.9.1', patroni2: 'patroni2' })],
  [2, postgres('patroni2', { address: '10.9.9.2' })],
])
const nodeOf = nodeBehind(nodes, () => state)

test.each([
  ['its own name', { name: 'patroni2', address: null }, 'patroni2'],
  ['the address that Patroni gives', { name: 's1', address: '10.9.9.1:5432' }, 'patroni1'],
  ['the address that PostgreSQL gives', { name: 's2', address: '10.9.9.2:5432' }, 'patroni2'],
  ['the address in the lab definition', { name: 's2', address: '127.0.0.1:5442' }, 'patroni2'],
  ['nothing, without an address', { name: 's1', address: null }, null],
  ['nothing, for another host', { name: 's1', address: '10.9.9.77:5432' }, null],
])('a server is known by %s', (_what, server, node) => {
  expect(nodeOf(server)).toBe(node)
})

test('the lab definition is taken at its word before all else', () => {
  const mapped = nodes.map((node) => ({ ...node, server: node.name === 'patroni1' ? 's2' : 'patroni1' }))
  const of = nodeBehind(mapped, () => state)
  expect(of({ name: 's2', address: '10.9.9.2:5432' })).toBe('patroni1')
  expect(of({ name: 'patroni1', address: null })).toBe('patroni2')
})

test('an address that two nodes share tells nothing', () => {
  const same = nodes.map((node) => ({ ...node, postgres: address(5441) }))
  expect(nodeBehind(same, () => state)({ name: 's1', address: '127.0.0.1:5441' })).toBeNull()
})
