import type { Audit, ProbeAudit } from '../model/audit.ts'
import type { Ledger } from '../model/ledger.ts'
import { firstSeqs, formatRanges, type SeqRanges, seqsOf } from '../model/seq-ranges.ts'
import { unknown, type Verdict } from '../model/verdict.ts'
import { grouped, many } from '../model/words.ts'
import type { AuditedRows } from './audited-rows.ts'

export const PROBE_TABLE = 'chaoslab_probe'
/** Its rows have names and nothing else that is looked at. */
export const PROBE_ROWS: AuditedRows = {
  table: PROBE_TABLE,
  place: `${PROBE_TABLE}.name`,
  select: (runId) => `SELECT name FROM ${PROBE_TABLE} WHERE starts_with(name, '${runId}:')`,
  altered: 'its name is another',
}
/** Rows of other runs are deleted from the probe's table when they are older than six hours. */
export const KEPT_MS = 5.5 * 3_600_000

/** What the probe's rows come to; `found` is an audit of the leader alone. */
export function probeAudit(ledger: Ledger, found: Audit, nowMs: number): ProbeAudit {
  const counts = found.findings?.counts
  if (found.findings === null || counts === undefined) return notAudited(found.verdict.why)
  const { classes } = found.findings
  const lost = counts.lost + counts.unguardedLost
  const times = [...seqsOf(classes.lost), ...seqsOf(classes.unguardedLost)].flatMap(
    (seq) => ledger.at(seq).answeredMs ?? [],
  )
  const acknowledged = counts.acknowledged + counts.unguarded
  return {
    verdict: verdictOf({
      acknowledged,
      lost,
      lostSeqs: classes.lost,
      doubled: classes.duplicated,
      isOld: nowMs > KEPT_MS,
    }),
    acknowledged,
    lost,
    doubled: counts.duplicated,
    lostFromMs: times.length === 0 ? null : times.reduce((least, each) => Math.min(least, each)),
    lostToMs: times.length === 0 ? null : times.reduce((most, each) => Math.max(most, each)),
  }
}

export function notAudited(why: string): ProbeAudit {
  return {
    verdict: unknown(`The rows of the probe were not audited: ${why}`),
    acknowledged: null,
    lost: null,
    doubled: null,
    lostFromMs: null,
    lostToMs: null,
  }
}

interface Counted {
  readonly acknowledged: number
  readonly lost: number
  readonly lostSeqs: SeqRanges
  readonly doubled: SeqRanges
  readonly isOld: boolean
}

function verdictOf({ acknowledged, lost, lostSeqs, doubled, isOld }: Counted): Verdict {
  if (lost > 0 && isOld) {
    return unknown(
      `Of the probe ${many(lost, 'acknowledged row is', 'acknowledged rows are')} gone, which may have been cleared away after six hours.`,
    )
  }
  const told = [
    ...(lost > 0 ? [`${many(lost, 'acknowledged row')} of the probe ${lost === 1 ? 'is' : 'are'} lost.`] : []),
    ...(doubled.count > 0
      ? [`${grouped(doubled.count)} of its rows are there more than once (${formatRanges(doubled)}).`]
      : []),
  ]
  const evidence = [...firstSeqs(lostSeqs, 50), ...firstSeqs(doubled, 50)]
  if (told.length > 0) return { verdict: 'fail', why: told.join(' '), evidence }
  if (acknowledged === 0) return unknown('No row of the probe was acknowledged.')
  return {
    verdict: 'pass',
    why: `All ${grouped(acknowledged)} acknowledged rows of the probe are there.`,
    evidence: [],
  }
}
