import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { fresh } from '../../src/model/seen.ts'
import { hasQuorum } from '../../src/systems/patroni/quorum.ts'
import type { State } from '../../src/systems/patroni/state.ts'
import { leaderOf } from '../../src/systems/state.ts'
import { act } from './act.ts'
import { healthyLab, type TestLab } from './healthy-lab.ts'

// Each test breaks one thing, sees that the lab notices, mends it, and sees traffic and every source come back. A leader
// is killed in killed-leader.test.ts.

let t: TestLab

beforeAll(async () => {
  t = await healthyLab()
})
beforeEach(() => t.restore())
afterAll(() => t?.[Symbol.asyncDispose]())

test('a stopped leader hands over: the failover is told, and all comes back', async () => {
  const leader = leaderOf(t.state()) as string
  const before = t.state().failovers.length
  const stopping = act(t.lab, 'stop', leader)
  const after = await t.until('a failover with its outage', ({ failovers }) => failovers[before]?.outage != null)
  expect(await stopping).toBe('done')
  const failover = after.failovers[before]
  expect(failover?.from).toBe(leader)
  expect(failover?.to).not.toBe(leader)
  expect(failover?.outage?.serverBefore).toBe(leader)
  expect(failover?.outage?.serverAfter).toBe(failover?.to)
  await t.until('the stopped node is seen as unreachable', (s) => s.nodes[leader]?.postgres.unreachableSinceMs != null)
  await act(t.lab, 'start', leader)
  await t.healthy()
  await t.traffic()
})

test('a stopped replica costs no write, and reads go to the other', async () => {
  const leader = leaderOf(t.state())
  const replica = t.lab.definition.place.servers.map((node) => node.name).find((name) => name !== leader) as string
  const failovers = t.state().failovers.length
  await act(t.lab, 'stop', replica)
  await t.until('its PostgreSQL is seen as gone', (s) => s.nodes[replica]?.postgres.unreachableSinceMs != null)
  await t.until('HAProxy has it DOWN', (s) => serverStatus(s, 'replicas', replica)?.isUp === false)
  await t.traffic()
  expect(t.state().failovers).toHaveLength(failovers)
  await act(t.lab, 'start', replica)
  await t.healthy()
  await t.traffic()
})

test('without HAProxy nothing is served; with it again, all is', async () => {
  const before = t.state()
  await act(t.lab, 'kill', 'haproxy')
  await t.until('its statistics are gone', (s) => s.proxies.haproxy?.unreachableSinceMs != null)
  await t.until('writes fail', (s) => (s.traffic.ticks.at(-1)?.write.ok ?? 1) === 0)
  await act(t.lab, 'start', 'haproxy')
  await t.until('the outage has ended', (s) => writeOutages(s) > writeOutages(before))
  expect(t.state().failovers).toHaveLength(before.failovers.length)
  await t.healthy()
  await t.traffic()
})

test('one etcd member down changes nothing for clients', async () => {
  const leader = leaderOf(t.state())
  await act(t.lab, 'stop', 'etcd1')
  await t.until('it is seen as unreachable', (s) => s.etcd.members.etcd1?.unreachableSinceMs != null)
  await t.traffic(200)
  await t.until('the quorum and the leader are as they were', (s) => hasQuorum(s) === true && leaderOf(s) === leader)
  await act(t.lab, 'start', 'etcd1')
  await t.healthy()
})

test('without an etcd quorum the leader steps down; with it again, somebody leads', async () => {
  const before = writeOutages(t.state())
  await Promise.all([act(t.lab, 'stop', 'etcd1'), act(t.lab, 'stop', 'etcd2')])
  await t.until('the quorum is seen as lost', (s) => hasQuorum(s) === false)
  await t.until('writes fail', (s) => (s.traffic.ticks.at(-1)?.write.ok ?? 1) === 0)
  await Promise.all([act(t.lab, 'start', 'etcd1'), act(t.lab, 'start', 'etcd2')])
  await t.healthy()
  await t.until('the outage has ended', (s) => writeOutages(s) > before)
  await t.traffic()
})

test('a paused leader is seen as unreachable, not as what it last said', async () => {
  const leader = leaderOf(t.state()) as string
  await act(t.lab, 'pause', leader)
  await t.until('its Patroni does not answer', (s) => s.nodes[leader]?.patroni.unreachableSinceMs != null)
  await t.until('another leads', (s) => leaderOf(s) !== null && leaderOf(s) !== leader)
  await act(t.lab, 'start', leader)
  await t.healthy()
  await t.traffic()
})

function writeOutages({ outages }: State): number {
  return outages.filter(({ kind }) => kind === 'write').length
}

function serverStatus(state: State, proxy: string, server: string) {
  return fresh(state.proxies.haproxy)
    ?.listeners.find((each) => each.proxy === proxy)
    ?.servers.find((each) => each.name === server)
}
