import type { Parts } from './status.ts'
import { TROUBLES } from './trouble.ts'

interface Sample {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** `GET /metrics`, in Prometheus' text format. */
export function metricsOf({ nodes, lead, file, rule, relay, troubles }: Parts): string {
  const { epoch, since, promotions, fences } = file.state
  const last = rule.checks.at(-1)
  const heardMsAgo = last?.hearing?.heardMsAgo
  const results = ['promoted', 'failed'] as const
  return [
    metric('pair_proxy_fenced', 'gauge', '1 when the proxy follows the fenced rule', [
      { value: rule.name === 'fenced' ? 1 : 0 },
    ]),
    metric(
      'pair_proxy_leads_to',
      'gauge',
      '1 for the node that sessions are led to',
      nodes.map(({ name }) => ({ labels: { node: name }, value: name === lead.leader.name ? 1 : 0 })),
    ),
    metric('pair_proxy_epoch', 'counter', 'How often the lead has changed', [{ value: epoch }]),
    metric('pair_proxy_leads_since_timestamp_seconds', 'gauge', 'When the lead last changed', [
      { value: Date.parse(since) / 1000 },
    ]),
    metric(
      'pair_proxy_promotions_total',
      'counter',
      'Promotions by their result',
      results.map((result) => ({
        labels: { result },
        value: promotions.filter((each) => each.result?.type === result).length,
      })),
    ),
    metric(
      'pair_proxy_troubles_total',
      'counter',
      'What sessions said against the server',
      TROUBLES.map((type) => ({ labels: { type }, value: troubles.counts.get(type) ?? 0 })),
    ),
    metric('pair_proxy_sessions', 'gauge', 'Sessions that are open', [{ value: relay.open }]),
    metric('pair_proxy_sessions_total', 'counter', 'Sessions that were led to a server', [{ value: relay.total }]),
    metric('pair_proxy_leader_check_failed', 'gauge', '1 when the last check of the leader failed', [
      ...(last ? [{ labels: { node: last.leader }, value: last.leaderError === null ? 0 : 1 }] : []),
    ]),
    metric('pair_proxy_standby_heard_leader_seconds', 'gauge', 'How long ago the standby heard the leader', [
      ...(last && typeof heardMsAgo === 'number' ? [{ labels: { node: last.standby }, value: heardMsAgo / 1000 }] : []),
    ]),
    metric(
      'pair_proxy_wal_past_fork_bytes',
      'gauge',
      'WAL that a fenced primary had written past the fork',
      fences.map((fence) => ({
        labels: { node: fence.node, epoch: String(fence.epoch) },
        value: fence.walBytesPastFork ?? Number.NaN,
      })),
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
