import { columns } from '../draw/format.ts'
import { fresh } from '../model/seen.ts'
import type { State } from '../model/state.ts'
import { formatLsn } from '../model/units.ts'
import { killThePrimary, type Takeover } from './kill-the-primary.ts'
import type { Experiment, Struck, SystemStatus } from './operated.ts'
import type { System } from './system.ts'

/* What commands do with a system that does not say it itself. */

interface ServerStatus {
  readonly name: string
  readonly role: 'primary' | 'standby' | null
  readonly timeline: number | null
  /** As PostgreSQL writes it. */
  readonly lsn: string | null
  /** Behind the primary; null of the primary, and where there is none, or more than one. */
  readonly lagBytes: number | null
  readonly error: string | null
}

/** By the system's own account, or by its servers. */
export function statusOf(system: System, state: State): SystemStatus {
  return system.status?.(state) ?? serverStatus(system, state)
}

/** Every server by its own word. */
function serverStatus(system: System, state: State): SystemStatus {
  const primaries = system.primaries(state)
  const servers = (state.lab?.nodes ?? []).map((name) => toServer(state, name, primaries))
  return {
    json: { servers },
    lines: [
      `primary: ${primaries.join(', ') || 'none'}`,
      ...columns([
        ['server', 'role', 'timeline', 'lsn', 'lag'],
        ...servers.map(({ name, role, timeline, lsn, lagBytes, error }) => [
          name,
          role ?? `unreachable (${error ?? 'no answer'})`,
          String(timeline ?? '–'),
          lsn ?? '–',
          String(lagBytes ?? ''),
        ]),
      ]),
    ],
  }
}

function toServer(state: State, name: string, primaries: readonly string[]): ServerStatus {
  const seen = state.nodes[name]?.postgres
  const postgres = fresh(seen)
  const [primary] = primaries
  const isBehindOne = primaries.length === 1 && name !== primary && postgres?.isInRecovery === true
  const aheadLsn = isBehindOne ? (fresh(state.nodes[primary as string]?.postgres)?.lsn ?? null) : null
  const lsn = postgres?.lsn ?? null
  return {
    name,
    role: postgres === null ? null : postgres.isInRecovery ? 'standby' : 'primary',
    timeline: postgres?.timeline ?? null,
    lsn: lsn === null ? null : formatLsn(lsn),
    lagBytes: lsn === null || aheadLsn === null ? null : Math.max(0, aheadLsn - lsn),
    error: seen?.error ?? null,
  }
}

/** What is shown first of a system that names nothing better. */
export function experimentOf(system: System): Experiment {
  return (
    system.experiment ??
    killThePrimary({
      primaries: system.primaries,
      takeover: (state, struck) => takeover(system.primaries(state), state, struck),
      tookOver: 'took over',
      settings: () => '',
    })
  )
}

/** Another one leads, and an outage of writes that the fault began is over. */
function takeover(primaries: readonly string[], { outages }: State, { part, atMs }: Struck): Takeover | null {
  const [to, ...others] = primaries
  const outage = outages.findLast(
    ({ kind, firstAckMs }) => kind === 'write' && firstAckMs !== null && firstAckMs > atMs,
  )
  return outage === undefined || to === undefined || to === part || others.length > 0 ? null : { to, outage }
}
