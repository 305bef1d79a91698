import type { ShardMap } from '../map/map.ts'
import type { VectorServer } from '../server.ts'
import type { PeerStatus, Status } from '../shard/messages.ts'

type Kind = 'gauge' | 'counter'
type Metric<T> = readonly [name: string, kind: Kind, help: string, value: (of: T) => number]

const OF_COPIES: readonly Metric<Status>[] = [
  ['vectors_epoch', 'gauge', 'The highest epoch promised to', ({ epoch }) => epoch],
  ['vectors_log_position', 'gauge', 'The end of the log', ({ last }) => last.position],
  ['vectors_applied_position', 'gauge', 'Applied up to here', ({ applied }) => applied],
  ['vectors_leads', 'gauge', '1 while it leads its shard', ({ leads }) => (leads ? 1 : 0)],
  ['vectors_whole', 'gauge', '1 unless a full resync is under way', ({ isWhole }) => (isWhole ? 1 : 0)],
]

const OF_MEMBERS: readonly Metric<PeerStatus>[] = [
  ['vectors_member_lag', 'gauge', 'Positions that a member is behind its leader', ({ lag }) => lag],
  ['vectors_member_healthy', 'gauge', '1 when the member answers its leader', ({ isHealthy }) => (isHealthy ? 1 : 0)],
  ['vectors_resyncs_total', 'counter', 'Full resyncs sent in this epoch', ({ resyncs }) => resyncs],
]

const OF_MAP: readonly Metric<ShardMap>[] = [
  ['vectors_map_version', 'gauge', 'The version of the map', ({ version }) => version],
  ['vectors_moves', 'gauge', 'Moves that are planned or under way', ({ moves }) => moves.length],
  ['vectors_moved_slots_total', 'counter', 'Slots moved', ({ totals }) => totals.slots],
  ['vectors_moved_vectors_total', 'counter', 'Vectors copied by moves', ({ totals }) => totals.vectors],
]

interface Sample<T> {
  readonly labels: Readonly<Record<string, string>>
  readonly of: T
}

/** `GET /metrics`, in Prometheus' text format. */
export async function metricsOf(server: VectorServer): Promise<string> {
  const members = [...(await server.node.members())]
  const copies = members.map(([shard, { status }]) => ({ labels: { shard }, of: status }))
  const peers = copies.flatMap(({ labels, of: { leads } }) =>
    (leads?.peers ?? []).map((peer) => ({ labels: { ...labels, member: peer.id }, of: peer })),
  )
  const map = server.front?.gateway.view.isKnown ? [{ labels: {}, of: server.front.gateway.map }] : []
  const events = [...server.events.counts].map(([type, of]) => ({ labels: { type }, of }))
  return [
    ...OF_COPIES.map((metric) => told(metric, copies)),
    ...OF_MEMBERS.map((metric) => told(metric, peers)),
    ...OF_MAP.map((metric) => told(metric, map)),
    told(['vectors_events_total', 'counter', 'What happened, by its kind', (count: number) => count], events),
  ].join('')
}

function told<T>([name, kind, help, value]: Metric<T>, samples: readonly Sample<T>[]): string {
  const lines = samples.map(({ labels, of }) => {
    const inside = Object.entries(labels).map(([key, text]) => `${key}="${text}"`)
    return `${name}${inside.length > 0 ? `{${inside.join(',')}}` : ''} ${value(of)}\n`
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join('')}`
}
