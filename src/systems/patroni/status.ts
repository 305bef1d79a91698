import { columns } from '../../draw/format.ts'
import { fresh } from '../../model/seen.ts'
import type { SystemStatus } from '../operated.ts'
import { leaderOf } from './health.ts'
import { proxiesOf, statsOf } from './proxies.ts'
import { hasQuorum } from './quorum.ts'
import type { State } from './state.ts'

/** What `status` says of a Patroni cluster, beside what it says of every system. */
interface PatroniStatus {
  readonly members: readonly {
    readonly name: string
    readonly role: string | null
    readonly state: string | null
    readonly timeline: number | null
    readonly lagBytes: number | 'unknown' | null
    readonly inRecovery: boolean | null
    readonly error: string | null
  }[]
  readonly etcd: {
    readonly leader: string | null
    readonly quorum: boolean | null
    readonly members: readonly {
      readonly name: string
      readonly healthy: boolean
      readonly term: number | null
      readonly revision: number | null
      readonly error: string | null
    }[]
    readonly leaderKey: { readonly holder: string; readonly ttlSeconds: number | null } | null
  }
  readonly proxies: readonly { readonly name: string; readonly status: ProxyStatus }[]
}

type ProxyStatus = Record<string, Record<string, string>> | null

export function patroniStatus(state: State): SystemStatus {
  const { proxies, ...status } = toStatus(state)
  const byName = Object.fromEntries(proxies.map((each) => [each.name, each.status]))
  const json = { ...status, ...(proxies.length === 0 ? { haproxy: null } : byName) }
  return { json, lines: toLines({ ...status, proxies }, leaderOf(state)) }
}

function toStatus(state: State): PatroniStatus {
  const lease = fresh(state.etcd.lease)
  const holder = leaderOf(state)
  const etcdLeader = Object.entries(state.etcd.members).find(([, member]) => fresh(member)?.isLeader)
  return {
    members: (state.lab?.nodes ?? []).map((name) => toMember(state, name)),
    etcd: {
      leader: etcdLeader?.[0] ?? null,
      quorum: hasQuorum(state),
      members: (state.lab?.etcdMembers ?? []).map((name) => {
        const seen = state.etcd.members[name]
        const member = fresh(seen)
        return {
          name,
          healthy: member?.hasQuorum ?? false,
          term: member?.term ?? null,
          revision: member?.revision ?? null,
          error: seen?.error ?? null,
        }
      }),
      leaderKey: holder === null ? null : { holder, ttlSeconds: lease?.remainingSeconds ?? null },
    },
    proxies: proxiesOf(state).map(({ name }) => ({ name, status: toProxy(statsOf(state, name)) })),
  }
}

function toMember(state: State, name: string): PatroniStatus['members'][number] {
  const node = state.nodes[name]
  const patroni = fresh(node?.patroni)
  const postgres = fresh(node?.postgres)
  const member = fresh(state.cluster)?.members.find((each) => each.name === name)
  return {
    name,
    role: patroni?.role ?? null,
    state: patroni === null ? null : (member?.state ?? patroni.state),
    timeline: postgres?.timeline ?? patroni?.timeline ?? null,
    lagBytes: member?.lagBytes ?? null,
    inRecovery: postgres?.isInRecovery ?? null,
    error: node?.patroni.error ?? node?.postgres.error ?? null,
  }
}

function toProxy(seen: State['proxies'][string]): ProxyStatus {
  const stats = fresh(seen)
  if (stats === null) return null
  return Object.fromEntries(
    stats.listeners.map(({ proxy, servers }) => [
      proxy,
      Object.fromEntries(servers.map((server) => [server.name, server.status])),
    ]),
  )
}

function toLines({ members, etcd, proxies }: PatroniStatus, leader: string | null): string[] {
  const key = etcd.leaderKey
  return [
    `leader: ${leader ?? 'none'}${key?.ttlSeconds == null ? '' : ` (lease: ${key.ttlSeconds} s left)`}`,
    ...columns([
      ['member', 'role', 'state', 'timeline', 'lag'],
      ...members.map((m) => [
        m.name,
        m.role ?? '–',
        m.state ?? `unreachable (${m.error ?? 'no answer'})`,
        String(m.timeline ?? '–'),
        m.lagBytes === null ? '' : String(m.lagBytes),
      ]),
    ]),
    '',
    `etcd: ${etcd.quorum === null ? 'unknown' : etcd.quorum ? 'quorum' : 'NO quorum'}, leader ${etcd.leader ?? 'unknown'}`,
    ...columns(etcd.members.map((m) => [m.name, m.healthy ? 'healthy' : `unreachable (${m.error ?? 'no quorum'})`])),
    ...proxies.flatMap(({ name, status }) => ['', `${name}:`, ...proxyLines(status)]),
  ]
}

function proxyLines(proxy: ProxyStatus): string[] {
  return columns(
    Object.entries(proxy ?? { unreachable: {} }).map(([listener, servers]) => [
      listener,
      Object.entries(servers)
        .map(([name, word]) => `${name} ${word}`)
        .join(', '),
    ]),
  )
}
