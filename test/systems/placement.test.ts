import { expect, test } from 'vitest'
import type { LabShape } from '../../src/model/events.ts'
import { adviseOn, lossesOf } from '../../src/systems/placement.ts'
import { shape } from '../model/events.ts'

const parts = Object.keys(shape.containerOf)

/** Every part on the host that its number says, the others on host1; with these moved. */
function spread(moved: Readonly<Record<string, string>> = {}, siteOf?: Readonly<Record<string, string>>): LabShape {
  const hostOf = Object.fromEntries(parts.map((part) => [part, `host${/\d$/.exec(part)?.[0] ?? 1}`]))
  return { ...shape, hostOf: { ...hostOf, ...moved }, ...(siteOf && { siteOf }) }
}

const told = (lab: LabShape) => lossesOf(lab).map(({ place, name, takes, of }) => `${place} ${name}: ${takes} of ${of}`)

test('one member, one server and one proxy on each host: any host can be lost but for the only proxy', () => {
  expect(parts).toContain('haproxy')
  expect(told(spread())).toEqual(['host host1: all-proxies of 1'])
})

test('two of three etcd members on one host take the quorum along', () => {
  expect(told(spread({ etcd2: 'host1' }))).toContain('host host1: etcd-quorum of 3')
  expect(told(spread({ etcd2: 'host1' })).filter((line) => line.startsWith('host host3'))).toEqual([])
})

test('all servers on one host are gone with it', () => {
  const all = Object.fromEntries(shape.nodes.map((node) => [node, 'host2']))
  expect(lossesOf(spread(all))).toContainEqual({
    place: 'host',
    name: 'host2',
    takes: 'all-nodes',
    parts: shape.nodes,
    of: shape.nodes.length,
  })
})

test('a site is as much as all of its hosts', () => {
  const sites = { host1: 'east', host2: 'east', host3: 'west' }
  expect(told(spread({}, sites))).toEqual([
    'host host1: all-proxies of 1',
    'site east: etcd-quorum of 3',
    'site east: all-proxies of 1',
  ])
})

test('servers of different write authorities do not stand in for each other', () => {
  const groupOf = Object.fromEntries(shape.nodes.map((node, index) => [node, index === 0 ? 'a' : 'b']))
  expect(told({ ...spread(), groupOf })).toContain('host host1: all-nodes of 1')
})

test('a lab on one machine is not judged by where its parts are', () => {
  expect(lossesOf(shape)).toEqual([])
})

test('of several systems each has a majority of its own', () => {
  const { hostOf } = spread()
  const a = { ...spread(), hostOf: Object.fromEntries(parts.map((part) => [part, 'host1'])) }
  const several = { name: 'both', nodes: [], containerOf: {}, instances: { a, b: { ...shape, hostOf: hostOf ?? {} } } }
  expect(told(several)).toEqual([
    'host host1: etcd-quorum of 3',
    'host host1: all-nodes of 3',
    'host host1: all-proxies of 1',
    'host host1: all-proxies of 1',
  ])
})

test('that a site has the majority is not mended by hosts, but by a third site', () => {
  expect(adviseOn({ place: 'host', takes: 'etcd-quorum' })).toBe('put them on hosts of their own')
  expect(adviseOn({ place: 'site', takes: 'etcd-quorum' })).toBe('it takes a third site, with a member of its own')
  expect(adviseOn({ place: 'site', takes: 'all-proxies' })).toBe('put one of them in another site')
})
