import { type LabDefinition, readLabDefinition } from '../lab/definition.ts'
import type { Lab } from '../lab/lab.ts'
import { fresh } from '../model/seen.ts'
import type { State } from '../model/state.ts'
import { hasQuorum } from '../systems/patroni/health.ts'
import { secondProxyOf } from '../systems/patroni/second-proxy.ts'
import { type State as PatroniView, patroniOf } from '../systems/patroni/state.ts'
import { initialState, isHealthy, leaderOf, problemsOf } from '../systems/state.ts'
import { attachTo } from './attach.ts'
import { interruptSignal } from './interrupt.ts'
import type { GlobalOptions } from './options.ts'
import { findNotUp, tellNotUp } from './require-up.ts'

const LOOK_MS = 4_000
const SETTLE_MS = 1_000

/** What `status --json` prints. Null stands for what could not be learned. */
export interface Status {
  readonly healthy: boolean
  /** Why it is not. */
  readonly problems: readonly string[]
  readonly leader: string | null
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
  readonly haproxy: Record<string, Record<string, string>> | null
  /** The second proxy; absent in a lab without one. */
  readonly haproxy2?: Status['haproxy']
  readonly containers: readonly {
    readonly service: string
    readonly state: string | null
    readonly health: string | null
  }[]
}

/** Looks at every part once and says how the cluster is. */
export async function status(options: GlobalOptions & { json?: true }): Promise<void> {
  const signal = interruptSignal()
  const definition = await readLabDefinition(options.lab)
  const notUp = await findNotUp(definition, options.lab)
  if (notUp !== null) {
    console.log(options.json ? JSON.stringify(nothingThere(definition, tellNotUp(notUp)), null, 2) : tellNotUp(notUp))
    process.exitCode = 1
    return
  }
  const lab = await attachTo(definition)
  const state = await lookOnce(lab, signal)
  await lab.close('status')
  const result = toStatus(state)
  console.log(options.json ? JSON.stringify(result, null, 2) : toText(result))
  process.exitCode = result.healthy ? 0 : 1
}

/** Of a cluster that is not up: all there is to say is why. */
function nothingThere(definition: LabDefinition, why: string): Status {
  return { ...toStatus({ ...initialState, lab: definition.place.shape }), problems: [why] }
}

/** The state once every source has said something, or after four seconds; a second more for what is not whole. */
export async function lookOnce(lab: Lab, signal: AbortSignal): Promise<State> {
  try {
    const state = await lab.live.until(isComplete, AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]))
    // Some things are known by what others have said: HAProxy's servers by their addresses, what etcd has instead.
    if (!isHealthy(state)) await lab.live.until(isHealthy, AbortSignal.any([signal, AbortSignal.timeout(SETTLE_MS)]))
  } catch (error) {
    if (signal.aborted) throw error
  }
  return lab.live.current()
}

function isComplete(core: State): boolean {
  const state = patroniOf(core)
  const { lab } = state
  if (lab === null) return false
  const seen = [
    ...lab.nodes.flatMap((name) => [state.nodes[name]?.patroni, state.nodes[name]?.postgres]),
    ...lab.etcdMembers.map((name) => state.etcd.members[name]),
    state.cluster,
    state.etcd.lease,
    ...(lab.listeners ? [state.haproxy] : []),
    ...(secondProxyOf(state) ? [state.secondProxy] : []),
  ]
  const containers = Object.values(lab.containerOf)
  return (
    seen.every((each) => each !== undefined && each.checkedAtMs !== null) &&
    (containers.length === 0 || state.engine.checkedAtMs === null || containers.every((c) => c in state.containers))
  )
}

/** The state in the documented shape. */
export function toStatus(core: State): Status {
  const state = patroniOf(core)
  const problems = problemsOf(core)
  const lease = fresh(state.etcd.lease)
  const holder = leaderOf(core)
  const etcdLeader = Object.entries(state.etcd.members).find(([, member]) => fresh(member)?.isLeader)
  return {
    healthy: problems.length === 0,
    problems,
    leader: holder,
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
    haproxy: toProxy(state.haproxy),
    ...(secondProxyOf(state) && { haproxy2: toProxy(state.secondProxy) }),
    containers: Object.entries(state.containers)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([service, { container }]) => ({
        service,
        state: container?.state ?? null,
        health: container?.health ?? null,
      })),
  }
}

function toMember(state: PatroniView, name: string): Status['members'][number] {
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

function toProxy(seen: PatroniView['haproxy']): Status['haproxy'] {
  const stats = fresh(seen)
  if (stats === null) return null
  return Object.fromEntries(
    stats.listeners.map(({ proxy, servers }) => [
      proxy,
      Object.fromEntries(servers.map((server) => [server.name, server.status])),
    ]),
  )
}

function toText(status: Status): string {
  const key = status.etcd.leaderKey
  return [
    status.healthy ? 'healthy' : `not healthy: ${status.problems.join('; ')}`,
    '',
    `leader: ${status.leader ?? 'none'}${key?.ttlSeconds == null ? '' : ` (lease: ${key.ttlSeconds} s left)`}`,
    ...table([
      ['member', 'role', 'state', 'timeline', 'lag'],
      ...status.members.map((m) => [
        m.name,
        m.role ?? '–',
        m.state ?? `unreachable (${m.error ?? 'no answer'})`,
        String(m.timeline ?? '–'),
        m.lagBytes === null ? '' : String(m.lagBytes),
      ]),
    ]),
    '',
    `etcd: ${status.etcd.quorum === null ? 'unknown' : status.etcd.quorum ? 'quorum' : 'NO quorum'}, leader ${status.etcd.leader ?? 'unknown'}`,
    ...table(
      status.etcd.members.map((m) => [m.name, m.healthy ? 'healthy' : `unreachable (${m.error ?? 'no quorum'})`]),
    ),
    '',
    'haproxy:',
    ...proxyTable(status.haproxy),
    '',
    ...(status.haproxy2 === undefined ? [] : ['haproxy2:', ...proxyTable(status.haproxy2), '']),
    'containers:',
    ...table(status.containers.map((c) => [c.service, c.state ?? 'does not exist', c.health ?? ''])),
  ].join('\n')
}

function proxyTable(proxy: Status['haproxy']): string[] {
  return table(
    Object.entries(proxy ?? { unreachable: {} }).map(([listener, servers]) => [
      listener,
      Object.entries(servers)
        .map(([name, word]) => `${name} ${word}`)
        .join(', '),
    ]),
  )
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd())
}
