import { audit } from '../audit/audit.ts'
import { autopsy } from '../audit/autopsy.ts'
import type { AuditOptions } from '../audit/options.ts'
import { notAudited, PROBE_ROWS, PROBE_TABLE, probeAudit } from '../audit/probe-audit.ts'
import type { Node } from '../audit/read-nodes.ts'
import type { HistoryRow } from '../audit/tenures.ts'
import type { Clock } from '../log/clock.ts'
import type { LiveState } from '../log/live-state.ts'
import type { ProbeAudit } from '../model/audit.ts'
import type { Audited, SiteAudited } from '../model/events.ts'
import { seqsOf } from '../model/seq-ranges.ts'
import { standingOf } from '../systems/standing.ts'
import { leaderOf } from '../systems/state.ts'
import type { AuditSubject } from './audit-subject.ts'
import type { Instance } from './definition.ts'
import type { Lab } from './lab.ts'
import type { LiveInstance } from './live-instance.ts'
import { auditOwn } from './own-audit.ts'

/**
 * Reads the run's rows back from every node, judges every write, explains what was lost, and appends it all to the log:
 * of every system that was written to. Never rejects: what cannot be found out has the verdict `unknown`.
 */
export async function auditLab(
  { instances, clock }: Pick<Lab, 'instances' | 'clock'>,
  signal: AbortSignal,
  onProgress: (text: string) => void = () => {},
): Promise<readonly Audited[]> {
  const all = instances.filter(hasWrittenTo).map(async (one) => {
    const { ledger, runId, workload, observed, probes, live, log } = one
    const past = () => live.current()
    const onAgain = (why: string) => {
      onProgress(why)
      log.append({ type: 'note', level: 'warn', source: 'audit', text: `all is read again: ${why}` })
    }
    const subject = { ledger, runId, workload, observed, probes, clock, past, onAgain }
    const sites = one.sites().map((site) => ({ ...site, isLedgerComplete: site.isWhole() }))
    const audited = await auditWithSites(one, { ...subject, sites }, signal, onProgress)
    log.append(audited)
    return audited
  })
  return Promise.all(all)
}

/** Whether anybody has sent it a write, the probe included. */
export function hasWrittenTo({ ledger, probes }: Pick<LiveInstance, 'ledger' | 'probes'>): boolean {
  return ledger.size > 0 || probes.ledger.size > 0
}

/** The clients of a site, whose rows are those of a run of their own. */
export type SiteSubject = Pick<AuditSubject, 'ledger' | 'probes' | 'isLedgerComplete'> & {
  readonly from: string
  readonly runId: string
}

/** The same of any run of this cluster and of its clients at sites, without a word to the log. */
export async function auditWithSites(
  one: Pick<LiveInstance, 'definition' | 'live'>,
  { sites, ...subject }: AuditSubject & { readonly sites: readonly SiteSubject[] },
  signal: AbortSignal,
  onProgress: (text: string) => void,
): Promise<Audited> {
  const audited = await auditOf(one, subject, signal, onProgress)
  const { observed: _, ...own } = subject
  const found: SiteAudited[] = []
  for (const { from, ...site } of sites) {
    const past = () => {
      const all = subject.past()
      const before = all.audited?.sites?.find((each) => each.from === from)
      return { ...all, audited: before === undefined ? null : { ...before, type: 'audited' as const, atMs: 0 } }
    }
    const { type: _type, ...each } = await auditOf(one, { ...own, ...site, past }, signal, (text) =>
      onProgress(`${from}: ${text}`),
    )
    found.push({ from, ...each })
  }
  return found.length === 0 ? audited : { ...audited, sites: found }
}

async function auditOf(
  { definition, live }: Pick<LiveInstance, 'definition' | 'live'>,
  subject: AuditSubject,
  signal: AbortSignal,
  onProgress: (text: string) => void,
): Promise<Audited> {
  const { ledger, runId, clock, workload, observed, isLedgerComplete = true, onAgain } = subject
  if ('readBack' in workload) return auditOwn(definition, { ...subject, workload }, signal)
  const holder = () => leaderNow(live, clock, signal)
  const nodes = async () => nodesOf(definition.place.servers, await holder())
  const found = await audit(
    {
      ledger,
      runId,
      isLedgerComplete,
      nodes,
      credentials: definition.postgres,
      clock,
      holder,
      isHolderFinal: definition.system.isWordFinal ?? false,
      rows: workload.rows,
      ...(observed && { observed }),
      wasLost: lostBefore(subject.past().audited),
      onProgress: ({ node, phase, rows }) => onProgress(`${phase} ${node}: ${rows} rows`),
      ...(onAgain && { onAgain }),
    },
    signal,
  )
  const probe = found.leader ? await auditProbe(definition, { ...subject, nodes, holder }, signal) : undefined
  const history = await readHistory(definition, subject, signal)
  const { startedAt, failovers, timelines } = subject.past()
  const startedAtUnixMs = Date.parse(startedAt ?? '')
  const explained = autopsy({ ledger, audit: found, history, failovers, timelines, startedAtUnixMs })
  return { type: 'audited', audit: found, autopsy: explained, ...(probe && { probe }) }
}

/** Whom to read where this one leads; a sentence where there is nobody to read from. */
function nodesOf(servers: readonly Node[], leading: string | null | undefined) {
  if (leading === undefined) return 'Who leads now is not known, so there is nobody to read from.'
  const leader = servers.find((node) => node.name === leading)
  if (leader === undefined) return 'Nobody leads, so there is no leader to read from.'
  return { leader, replicas: servers.filter((node) => node !== leader) }
}

/**
 * Who leads by the system's own word, once that is one of now: as it was last seen may be long ago. Undefined while it
 * is not heard.
 */
export async function leaderNow(
  live: Pick<LiveState, 'current'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<string | null | undefined> {
  const untilMs = clock.nowMs() + HEARD_WITHIN_MS
  for (;;) {
    const state = live.current()
    if (standingOf(state, state.atMs).leader?.isConfirmed !== false) return leaderOf(state)
    if (signal.aborted || clock.nowMs() >= untilMs) return undefined
    await clock.sleep(HEARD_EVERY_MS, signal).catch(() => {})
  }
}

const HEARD_WITHIN_MS = 10_000
const HEARD_EVERY_MS = 100

/** The writes that the latest audit of the run found lost. */
function lostBefore(audited: Audited | null): number[] {
  const classes = audited?.audit.findings?.classes
  return classes === undefined ? [] : [...seqsOf(classes.lost), ...seqsOf(classes.unguardedLost)]
}

/** The probe's rows on the leader; undefined where no probe wrote. */
async function auditProbe(
  { postgres }: Instance,
  { probes, runId, clock, nodes, holder, onAgain }: AuditSubject & Pick<AuditOptions, 'nodes' | 'holder'>,
  signal: AbortSignal,
): Promise<ProbeAudit | undefined> {
  const { ledger, nameless } = probes
  if (ledger.size === 0 || nameless > 0) {
    return nameless > 0
      ? notAudited(
          `they have no names, as ${PROBE_TABLE} has no column "name" (ALTER TABLE ${PROBE_TABLE} ADD COLUMN name text).`,
        )
      : undefined
  }
  const alone = async () => {
    const found = await nodes()
    return typeof found === 'string' ? found : { ...found, replicas: [] }
  }
  const about = { ledger, runId, nodes: alone, credentials: postgres, clock, rows: PROBE_ROWS }
  const asked = { ...(holder && { holder }), ...(onAgain && { onAgain }) }
  // Probes that were cut off at the end are in no event: nobody knows how far it had come.
  const found = await audit({ ...about, ...asked, isLedgerComplete: false }, signal)
  return probeAudit(ledger, found, clock.nowMs())
}

/** A system may write a failover down late: Patroni a few HA loops after the promotion, and nodes serve it from a cache. */
const HISTORY_WITHIN_MS = 30_000
const HISTORY_EVERY_MS = 500

/** The system's history once it tells of the run's latest timeline and leader, or as it is after half a minute. */
async function readHistory(
  { place }: Pick<Instance, 'place'>,
  { clock, past }: AuditSubject,
  signal: AbortSignal,
): Promise<readonly HistoryRow[]> {
  if (place.history === undefined) return []
  const untilMs = clock.nowMs() + HISTORY_WITHIN_MS
  const { failovers, timelines } = past()
  const latest = failovers.at(-1)
  const newest = Math.max(...timelines.map(({ timeline }) => timeline))
  for (;;) {
    const history = await place.history(signal).catch((): readonly HistoryRow[] => [])
    const isTold =
      latest === undefined || history.some((row) => row.newLeader === latest.to && row.timeline + 1 >= newest)
    if (isTold || signal.aborted || clock.nowMs() >= untilMs) return history
    await clock.sleep(HISTORY_EVERY_MS, signal).catch(() => {})
  }
}
