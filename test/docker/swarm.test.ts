import { expect, test } from 'vitest'
import type { Engine } from '../../src/docker/engine.ts'
import { EngineError } from '../../src/docker/engine-error.ts'
import { ensureOverlay, hostsToJoin, joinSwarm, leaveSwarm, type OpenedHost } from '../../src/docker/swarm.ts'

const overlay = { name: 'net', subnet: '172.30.91.0/24' }
const MARK = 'lab-1234'

interface Network {
  readonly Name: string
  readonly Labels: Record<string, string>
  readonly IPAM: { readonly Config: readonly { readonly Subnet: string; readonly IPRange: string }[] }
}

interface Member {
  /** The swarm that it is in; null for none. */
  swarm: string | null
  isWorker?: boolean
}

/** Hosts whose engines note what is changed; the swarm and the network bear the marks given. */
function hosts(members: readonly Member[], { mark = MARK as string | null, network = null as string | null } = {}) {
  const deeds: string[] = []
  let net = network
  const opened = members.map((member, index): OpenedHost => {
    const name = `host${index + 1}`
    const note = async (what: string) => void deeds.push(`${name} ${what}`)
    const docker = {
      info: async () => ({
        Swarm:
          member.swarm === null
            ? { LocalNodeState: 'inactive' }
            : { LocalNodeState: 'active', ControlAvailable: !member.isWorker, Cluster: { ID: member.swarm } },
      }),
      swarmInspect: async () => ({
        JoinTokens: { Manager: 'token' },
        Spec: { Labels: mark === null ? {} : { 'chaoslab.lab': mark } },
      }),
      swarmInit: async ({ AdvertiseAddr }: { AdvertiseAddr: string }) => {
        member.swarm = 'new'
        await note(`init ${AdvertiseAddr}`)
      },
      swarmJoin: async ({ RemoteAddrs, JoinToken }: { RemoteAddrs: string[]; JoinToken: string }) => {
        member.swarm = 'new'
        await note(`join ${RemoteAddrs} ${JoinToken}`)
      },
      swarmLeave: () => note('leave'),
      createNetwork: async ({ Name, Labels, IPAM }: Network) => {
        net = Labels['chaoslab.lab'] ?? ''
        const [pool] = IPAM.Config
        await note(`create ${Name} on ${pool?.Subnet}, from ${pool?.IPRange}`)
      },
      getNetwork: (of: string) => ({
        inspect: async () => {
          if (net === null) throw new EngineError('status', 'no such network', { statusCode: 404 })
          return { Driver: 'overlay', Attachable: true, Labels: { 'chaoslab.lab': net } }
        },
        remove: () => note(`remove ${of}`),
      }),
    }
    const engine = { address: name, call: async (request: (docker: object) => unknown) => request(docker) }
    return {
      host: { name, docker: `ssh://${name}`, address: `10.0.0.${index + 1}` },
      engine: engine as unknown as Engine,
    }
  })
  return { opened, deeds }
}

test('hosts in no swarm become managers of one, each at its own address', async () => {
  const { opened, deeds } = hosts([{ swarm: null }, { swarm: null }, { swarm: null }])
  const joining = await hostsToJoin(opened, MARK)
  expect(joining).toEqual(opened)
  await joinSwarm(opened, joining, MARK)
  expect(deeds).toEqual(['host1 init 10.0.0.1', 'host2 join 10.0.0.1:2377 token', 'host3 join 10.0.0.1:2377 token'])
  expect(await hostsToJoin(opened, MARK)).toEqual([])
})

test('what was joined half is joined to its end', async () => {
  const { opened, deeds } = hosts([{ swarm: null }, { swarm: 'ours' }, { swarm: null }])
  await joinSwarm(opened, await hostsToJoin(opened, MARK), MARK)
  expect(deeds).toEqual(['host1 join 10.0.0.2:2377 token', 'host3 join 10.0.0.2:2377 token'])
})

test.each([
  ['two swarms', [{ swarm: 'one' }, { swarm: 'other' }], MARK, /host1, host2: already in a Docker swarm/],
  ['a swarm of somebody else', [{ swarm: 'theirs' }, { swarm: null }], null, /host1: already in a Docker swarm/],
  ['a worker', [{ swarm: 'one', isWorker: true }, { swarm: null }], MARK, /host1 is a worker/],
])('%s is left alone', async (_what, members, mark, message) => {
  const { opened, deeds } = hosts(members, { mark })
  await expect(hostsToJoin(opened, MARK)).rejects.toThrow(message)
  expect(deeds).toEqual([])
})

test('a swarm that all hosts are in already is used, whoever made it', async () => {
  const { opened } = hosts([{ swarm: 'theirs' }, { swarm: 'theirs' }], { mark: null })
  expect(await hostsToJoin(opened, MARK)).toEqual([])
})

test('the network is made once, and engines draw their own addresses from half of it', async () => {
  const { opened, deeds } = hosts([{ swarm: 'ours' }])
  for (let time = 0; time < 2; time++) await ensureOverlay(opened[0] as OpenedHost, overlay, MARK)
  expect(deeds).toEqual(['host1 create net on 172.30.91.0/24, from 172.30.91.128/25'])
})

test('what the lab has made it takes away, from every host', async () => {
  const { opened, deeds } = hosts([{ swarm: 'ours' }, { swarm: 'ours' }], { network: MARK })
  expect(await leaveSwarm(opened, overlay, MARK)).toEqual([])
  expect(deeds.slice(0, 3)).toEqual(['host1 remove net', 'host1 leave', 'host2 leave'])
})

test('what was there before stays, and is told', async () => {
  const { opened, deeds } = hosts([{ swarm: 'theirs' }, { swarm: 'theirs' }], { mark: null, network: 'another' })
  expect(await leaveSwarm(opened, overlay, MARK)).toEqual(['the swarm was there before the lab, and stays'])
  expect(deeds).toEqual([])
})

test('hosts that are in no swarm are left as they are', async () => {
  const { opened, deeds } = hosts([{ swarm: null }, { swarm: null }])
  expect(await leaveSwarm(opened, overlay, MARK)).toEqual([])
  expect(deeds).toEqual([])
})
