import { columns } from '../../draw/format.ts'
import { fresh } from '../../model/seen.ts'
import type { State } from '../../model/state.ts'
import { formatLsn } from '../../model/units.ts'
import type { SystemStatus } from '../operated.ts'
import { lagBytesOf, leaderOf } from './health.ts'
import { pairOf } from './known.ts'

/** How a pair stands: whom its proxy leads to, and both servers by their own word. */
export function statusOf(state: State): SystemStatus {
  const { status } = pairOf(state)
  const proxy = fresh(status)
  const servers = (state.lab?.nodes ?? []).map((name) => toServer(state, name))
  return {
    json: {
      proxy: {
        rule: proxy?.rule ?? null,
        leadsTo: proxy?.leadsTo ?? null,
        epoch: proxy?.epoch ?? null,
        since: proxy?.since ?? null,
        why: proxy?.promotions.at(-1)?.why ?? null,
        error: status.error,
      },
      servers,
    },
    lines: [
      proxy === null
        ? `proxy: unreachable (${status.error ?? 'no answer'})`
        : `proxy: leads to ${proxy.leadsTo} since ${proxy.since} (epoch ${proxy.epoch}), ${proxy.rule} rule`,
      ...columns([
        ['server', 'role', 'timeline', 'lsn', 'receiver', 'lag'],
        ...servers.map(({ name, role, timeline, lsn, receiver, lagBytes, error }) => [
          name,
          role ?? `unreachable (${error ?? 'no answer'})`,
          String(timeline ?? '–'),
          lsn ?? '–',
          receiver ?? '',
          String(lagBytes ?? ''),
        ]),
      ]),
    ],
  }
}

function toServer(state: State, name: string) {
  const seen = state.nodes[name]?.postgres
  const postgres = fresh(seen)
  const own = fresh(pairOf(state).replication[name])
  return {
    name,
    role: postgres === null ? null : postgres.isInRecovery ? 'standby' : 'primary',
    timeline: postgres?.timeline ?? null,
    lsn: postgres?.lsn == null ? null : formatLsn(postgres.lsn),
    receiver: postgres?.isInRecovery === true ? (own?.receiver ?? null) : null,
    lagBytes: name === leaderOf(state) ? null : lagBytesOf(state, name),
    error: seen?.error ?? null,
  }
}
