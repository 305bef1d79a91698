import { describe, expect, it } from 'vitest'
import type { EventBody, LabEvent, LabShape } from '../../../src/model/events.ts'
import { initialState, reduce, type State } from '../../../src/systems/state.ts'
import type { GatewayView } from '../../../src/systems/vectors/events.ts'
import { parseGateway } from '../../../src/systems/vectors/observe/info.ts'
import { vectorsFigures } from '../../../src/systems/vectors/report.ts'
import { vectors } from '../../../src/systems/vectors/system.ts'

const lab = {
  name: 'vectors',
  system: 'vectors',
  nodes: [],
  containerOf: {},
  gateways: ['gateway'],
  vectorNodes: ['node1', 'node2'],
  etcd: [],
  shards: 1,
  copies: 2,
}

function view(lag: number, change: Partial<GatewayView> = {}): GatewayView {
  const member = (node: string, behind: number) => {
    const well = { isHealthy: true, counts: true, isWhole: true, resyncedRows: null }
    return { id: node, node, ...well, position: 100 - behind, lag: behind }
  }
  const shard = { id: 'shard_0', epoch: 1, isSettled: true, isDraining: false, slots: 256, leader: 'node1' }
  const members = [member('node1', 0), member('node2', lag)]
  const moved = { moves: 0, slots: 0, vectors: 0 }
  return { mapVersion: 1, strategy: 'hash', shards: [{ ...shard, members }], moves: [], moved, ...change }
}

const gateway = (value: GatewayView): EventBody => {
  return { type: 'vectors.gateway', gateway: 'gateway', reading: { ok: true, value } }
}
/** A word of the gateway, which has waited for a processor so long since it began. */
const waited = (atMs: number, waitedMs: number) => [gateway(view(0, { waited: { atMs, waitedMs } }))]
const node = (name: string): EventBody => {
  return { type: 'vectors.node', node: name, reading: { ok: true, value: { copies: [] } } }
}
const all = (value: GatewayView) => [node('node1'), node('node2'), gateway(value)]
const fault = { id: 'f', fault: 'stop', parts: ['node2'] }
const healed: EventBody = { type: 'fault.healed', ...fault }

function play(...steps: readonly (readonly [atMs: number, events: readonly EventBody[]])[]): State {
  const started: EventBody = { type: 'run.started', startedAt: '2026-11-21T00:00:00.000Z', version: 'test', lab }
  const events = [[0, [started]] as const, ...steps].flatMap(([atMs, bodies]) =>
    bodies.map((body) => ({ ...body, atMs })),
  )
  return events.reduce((state, event, seq) => reduce(state, { ...event, seq } as LabEvent), initialState)
}

const figure = (state: State, name: string) => vectorsFigures.find((each) => each.name === name)?.read(state)

describe('the vector store', () => {
  it('is healthy when every copy is level, and says which one is not', () => {
    expect(vectors.problems(play([1_000, all(view(0))]))).toEqual([])
    expect(vectors.problems(play([1_000, all(view(400))]))).toEqual([
      'shard_0: its copy on node2 is 400 positions behind',
    ])
  })

  it('is not healthy when a replica was forgotten', () => {
    const [shard] = view(0).shards
    const forgotten = view(0, { shards: shard ? [{ ...shard, members: shard.members.slice(0, 1) }] : [] })
    expect(vectors.problems(play([1_000, all(forgotten)]))).toEqual(['shard_0: 1 of 2 copies are left'])
  })

  it.each([
    [256, 'SHARD WITHOUT A LEADER'],
    [0, undefined],
  ])('is alarmed by a shard without a leader that holds %i slots: %s', (slots, word) => {
    const shards = view(0).shards.map((shard) => ({ ...shard, slots, isSettled: false }))
    const state = play([1_000, all(view(0, { shards }))])
    expect(vectors.standing?.(state, 1_000).alarm?.word).toBe(word)
  })

  it('counts what moves by the latest map, whatever a gateway says that is cut off from it', () => {
    const moves = [{ id: 1, from: 'shard_0', to: 'added', state: 'copying', attempt: 1 }]
    const behind = { ...gateway(view(0)), gateway: 'gateway2' } as EventBody
    const moving = gateway(view(0, { mapVersion: 2, moves }))
    const moved = gateway(view(0, { mapVersion: 3, moved: { moves: 1, slots: 64, vectors: 0 } }))
    const state = play([1_000, [moving, behind]], [2_000, [moving, behind]], [3_000, [moved, behind]])
    expect(figure(state, 'share_moved')).toBe(0.25)
    expect(figure(state, 'rebalance_time')).toBe(2_000)
  })

  it('has converged when all were heard after the heal and are level', () => {
    const behind = play([1_000, all(view(0))], [5_000, [healed]], [6_000, all(view(400))])
    expect(figure(behind, 'time_to_level')).toEqual({ atLeast: 1_000 })
    const level = play([1_000, all(view(0))], [5_000, [healed]], [6_000, all(view(400))], [8_000, all(view(0))])
    expect(figure(level, 'time_to_level')).toBe(3_000)
  })

  it('has not converged by what was said before the heal', () => {
    const state = play([1_000, all(view(0))], [5_000, [healed]], [6_000, [gateway(view(0))]])
    expect(figure(state, 'time_to_level')).toEqual({ atLeast: 1_000 })
  })

  it('knows when the machine kept a server waiting for a processor', () => {
    const state = play(
      [1_000, waited(50_000, 100)],
      [2_000, waited(51_000, 150)],
      [3_000, waited(52_000, 500)],
      [4_000, waited(53_000, 900)],
      [5_000, waited(54_000, 901)],
      [6_000, waited(10, 0)],
      [7_000, waited(1_010, 300)],
    )
    expect(vectors.starved?.(state)).toEqual([
      { fromMs: 2_000, toMs: 4_000 },
      { fromMs: 6_000, toMs: 7_000 },
    ])
  })

  it('knows only how long it took at most to be level on a machine without processors to give', () => {
    const state = play(
      [1_000, all(view(0))],
      [5_000, [healed, ...waited(50_000, 0)]],
      [20_000, all(view(0, { waited: { atMs: 65_000, waitedMs: 9_000 } }))],
    )
    expect(figure(state, 'time_to_level')).toEqual({ atLeast: 0, atMost: 15_000 })
  })

  it('says in the line that several shards share which of them it is about', () => {
    const [shard] = view(0).shards
    const two = (leader: string) => {
      const shards = ['shard_0', 'shard_1'].map((id) => ({ ...(shard as object), id, leader, epoch: 2 }))
      return gateway(view(0, { shards: shards as unknown as GatewayView['shards'] }))
    }
    const state = play([1_000, [two('node1')]], [2_000, [two('node2')]])
    expect(state.lines.at(-1)).toMatchObject({
      source: 'map',
      text: 'shard_0, shard_1 is led by node2 (epoch 2)',
    })
  })

  it('tells how long slots moved, and how many', () => {
    const move = { id: 1, from: 'shard_0', to: 'shard_1', state: 'copying', attempt: 1 }
    const state = play(
      [1_000, all(view(0))],
      [2_000, all(view(0, { moves: [move] }))],
      [6_000, all(view(0, { moved: { moves: 1, slots: 64, vectors: 10 } }))],
    )
    expect(figure(state, 'rebalance_time')).toBe(4_000)
    expect(figure(state, 'share_moved')).toBe(0.25)
  })
})

describe('what would remain of the vector store', () => {
  const containerOf = {
    gateway: 'gateway',
    node1: 'node1',
    node2: 'node2',
    etcd1: 'etcd1',
    etcd2: 'etcd2',
    etcd3: 'etcd3',
  }
  const etcd = ['etcd1', 'etcd2', 'etcd3']
  const started: EventBody = {
    type: 'run.started',
    startedAt: '2026-11-21T00:00:00.000Z',
    version: 'test',
    lab: { ...lab, containerOf, etcd, gateways: ['gateway', 'gateway2'] } as LabShape,
  }
  const tell = (services: readonly string[], ...more: readonly EventBody[]) => {
    const state = play([1, [started]], [1_000, all(view(0))], [1_100, more])
    return vectors.whatRemains(state, services, { handsOver: false })
  }
  const away: EventBody = { type: 'vectors.node', node: 'node2', reading: { ok: false, error: 'ECONNREFUSED' } }

  it('is no copy on a node that does not answer', () => {
    expect(tell(['node1'])).toEqual(['shard_0 would have 1 of 2 copies that answer.'])
    expect(tell(['node1'], away)).toEqual(['shard_0 would have 0 of 2 copies that answer.'])
  })

  it('is no gateway that does not answer', () => {
    expect(tell(['gateway'])[0]).toBe('No gateway would be left that answers: no client gets through.')
  })

  it('is no member of etcd whose container has ended', () => {
    const told = { id: '1', name: 'etcd2', state: 'exited', health: null, exitCode: 137, startedAt: null }
    const ended = { type: 'docker.container', service: 'etcd2', container: told } as EventBody
    const of = (left: number) => [`${left} of 3 members of etcd would be left, which keeps the map.`]
    expect(tell(['etcd1'])).toEqual(of(2))
    expect(tell(['etcd1'], ended)).toEqual(of(1))
  })
})

it('the quorum of a shard is read from what its gateway says of commits', () => {
  const shard = { shard_id: 's', epoch: 4, primary_replica_id: 'a', settled: true, write_quorum: 3, replicas: [] }
  const sharding = { sharding_strategy: 'hash', shards: [], moves: [], moved: { moves: 0, slots: 0, vectors: 0 } }
  const told = (shards: readonly object[]) => ({ replication: { map_version: 7, shards }, sharding })
  const quorums = (body: object) => parseGateway(body, (url) => url).shards.map(({ quorum }) => quorum)
  expect(quorums(told([{ ...shard, commit_quorum: 2 }, shard]))).toEqual([2, undefined])
  expect(() => parseGateway(told([{ ...shard, commit_quorum: '2' }]), (url) => url)).toThrow('no map yet')
})
