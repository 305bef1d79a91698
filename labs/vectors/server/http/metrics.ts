import type { VectorServer } from '../server.ts'

interface Sample {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** `GET /metrics`, in Prometheus' text format. */
export async function metricsOf(server: VectorServer): Promise<string> {
  const members = [...(await server.node.members())].map(([key, { status }]) => ({ key, status }))
  const leads = members.flatMap(({ key, status }) => (status.leads ? [{ key, leads: status.leads }] : []))
  const each = (value: (status: (typeof members)[number]['status']) => number): readonly Sample[] =>
    members.map(({ key, status }) => ({ labels: { shard: key }, value: value(status) }))
  const peers = leads.flatMap(({ key, leads: { peers: all } }) =>
    all.map((peer) => ({ labels: { shard: key, member: peer.id }, peer })),
  )
  const map = server.front?.gateway.view.isKnown ? server.front.gateway.map : null
  return [
    metric(
      'vectors_epoch',
      'gauge',
      'The highest epoch promised to',
      each(({ epoch }) => epoch),
    ),
    metric(
      'vectors_log_position',
      'gauge',
      'The end of the log',
      each(({ last }) => last.position),
    ),
    metric(
      'vectors_applied_position',
      'gauge',
      'Applied up to here',
      each(({ applied }) => applied),
    ),
    metric(
      'vectors_leads',
      'gauge',
      '1 while it leads its shard',
      each((status) => (status.leads ? 1 : 0)),
    ),
    metric(
      'vectors_whole',
      'gauge',
      '1 unless a full resync is under way',
      each(({ isWhole }) => (isWhole ? 1 : 0)),
    ),
    metric(
      'vectors_member_lag',
      'gauge',
      'Positions that a member is behind its leader',
      peers.map(({ labels, peer }) => ({ labels, value: peer.lag })),
    ),
    metric(
      'vectors_member_healthy',
      'gauge',
      '1 when the member answers its leader',
      peers.map(({ labels, peer }) => ({ labels, value: peer.isHealthy ? 1 : 0 })),
    ),
    metric(
      'vectors_resyncs_total',
      'counter',
      'Full resyncs sent in this epoch',
      peers.map(({ labels, peer }) => ({ labels, value: peer.resyncs })),
    ),
    metric('vectors_map_version', 'gauge', 'The version of the map', map ? [{ value: map.version }] : []),
    metric('vectors_moves', 'gauge', 'Moves that are planned or under way', map ? [{ value: map.moves.length }] : []),
    metric('vectors_moved_slots_total', 'counter', 'Slots moved', map ? [{ value: map.totals.slots }] : []),
    metric(
      'vectors_moved_vectors_total',
      'counter',
      'Vectors copied by moves',
      map ? [{ value: map.totals.vectors }] : [],
    ),
    metric(
      'vectors_events_total',
      'counter',
      'What happened, by its kind',
      [...server.events.counts].map(([type, value]) => ({ labels: { type }, value })),
    ),
  ].join('')
}

function metric(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels = {}, value }) => {
    const inside = Object.entries(labels).map(([key, text]) => `${key}="${text}"`)
    return `${name}${inside.length > 0 ? `{${inside.join(',')}}` : ''} ${value}\n`
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}
