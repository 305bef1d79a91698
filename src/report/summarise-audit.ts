import type { Audit, WorkloadGrid } from '../model/audit.ts'
import type { Autopsy } from '../model/autopsy.ts'
import { figuresOf } from '../model/service-figures.ts'
import { systemOf } from '../systems/systems.ts'
import { workloadFindings } from '../workloads/workloads.ts'
import type { Facts } from './facts.ts'
import { summariseService } from './summarise-service.ts'
import type { Summary } from './summary-schema.ts'

export function summariseReads({ state, staleness }: Facts): Summary['reads'] {
  const { ok, failed, unknown, dropped } = state.traffic.totals.read
  const { outages } = summariseService(state).service.read
  const { open } = figuresOf(state, 'read')
  return {
    ok,
    failed,
    unknown,
    dropped,
    outages: outages.count + (open !== null && open.firstAckMs === null ? 1 : 0),
    outageMs: outages.totalMs,
    staleness:
      staleness === null
        ? null
        : {
            judgedReads: staleness.judged,
            staleMs: staleness.staleMs,
            staleWrites: staleness.staleWrites,
            backwards: staleness.backwards,
            missedOwn: staleness.missedOwn,
          },
  }
}

export function summarisePinned({ state, pinned }: Facts): Summary['pinned'] {
  if (systemOf(state.lab).seesSessions?.(state) !== true) return null
  return pinned.map(({ node, fromMs, toMs, mostSessions, acknowledged, resolutionMs }) => {
    const durationMs = toMs === null ? null : toMs - fromMs
    return { node, fromMs, toMs, durationMs, mostSessions, acknowledged, resolutionMs }
  })
}

export function summariseAudit({
  startedMs,
  durationMs,
  table,
  leader,
  again,
  replicas,
}: Audit): NonNullable<Summary['audit']> {
  return {
    startedMs,
    durationMs,
    table,
    leader: leader?.node ?? null,
    rows: leader?.rows ?? null,
    timeline: leader?.timeline ?? null,
    ...(again && { again: [...again] }),
    replicas: replicas.map((replica) => {
      const { node, isRead } = replica
      const unread = { rows: null, missing: null, extra: null, differing: null, unsettled: null }
      if (!replica.isRead) return { node, isRead, ...unread, why: replica.why }
      const { read, strangeRows, differing, unsettled } = replica
      return {
        node,
        isRead,
        rows: read.rows,
        missing: replica.missing.count + Math.max(0, -strangeRows),
        extra: replica.extra.count + Math.max(0, strangeRows),
        differing: differing?.count ?? null,
        unsettled: unsettled?.count ?? null,
        why: null,
      }
    }),
  }
}

function toGrid({ columns, rows }: WorkloadGrid) {
  return { columns: [...columns], rows: rows.map((row) => ({ ...row })) }
}

export function summariseWorkload(audit: Audit | null): Summary['workload'] {
  const found = audit === null ? null : workloadFindings(audit)
  if (found === null) return null
  const { type, counts, examples, grid, table } = found
  return {
    type,
    counts: { ...counts },
    examples: [...examples],
    ...(grid && { grid: toGrid(grid) }),
    ...(table && { table: { columns: [...table.columns], rows: table.rows.map((row) => [...row]) } }),
  }
}

export function summariseLossOutages(audit: Audit | null): Summary['lossOutages'] {
  if (!audit?.lossOutages) return null
  const { count, spans } = audit.lossOutages
  return {
    count,
    spans: spans.map(({ fromMs, lastLostMs, toMs, lost }) => {
      return { fromMs, lastLostMs, toMs, durationMs: toMs === null ? null : toMs - fromMs, lost }
    }),
  }
}

export function summariseAutopsy(
  { sentences, failovers, unexplained }: Autopsy,
  audit: Audit | null,
): NonNullable<Summary['autopsy']> {
  const explained = failovers.reduce((sum, failover) => sum + failover.lostCount, 0)
  const { lost = 0, unguardedLost = 0 } = audit?.findings?.counts ?? {}
  return {
    sentences: [...sentences],
    explained,
    failovers: failovers.map(({ from, to, lost: groups, lostCount }) => ({
      from,
      to,
      lost: lostCount,
      firstAnsweredMs: groups.length === 0 ? null : Math.min(...groups.map((group) => group.firstAnsweredMs)),
      lastAnsweredMs: groups.length === 0 ? null : Math.max(...groups.map((group) => group.lastAnsweredMs)),
    })),
    // There may be more of them than could be looked into one by one.
    unexplained: Math.max(unexplained.seqs.count, lost + unguardedLost - explained),
    reasons: [...unexplained.reasons],
  }
}
