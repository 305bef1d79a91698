import type { Audit } from '../model/audit.ts'
import type { Autopsy } from '../model/autopsy.ts'
import type { SiteAudited } from '../model/events.ts'
import { noTraffic } from '../model/traffic-state.ts'
import { capital } from '../model/words.ts'
import { checkProbe, checkReplicas, checkWrites } from './audit-checks.ts'
import { type Check, checkOf } from './judge-run.ts'
import type { SiteFacts } from './sites.ts'
import { summariseAutopsy } from './summarise-audit.ts'
import { summariseWrites } from './summarise-writes.ts'
import type { Summary } from './summary-schema.ts'

/*
 * The clients that run at sites have ledgers and audits of their own. What became of all writes of a run is the sum;
 * what a verdict rests on is each by itself.
 */

type Writes = Summary['writes']
type Site = NonNullable<Summary['sites']>[number]

/** A site with what became of the writes of its clients, where it had any. */
export function summariseSite(
  { clients, ...site }: SiteFacts,
  audited: SiteAudited | undefined,
  hosts: NonNullable<Summary['hosts']>,
): Site {
  if (clients === null) return site
  const { host, aheadMs, why, writes } = clients
  const ledger = writes === null ? null : { ...writes, runId: null, isComplete: why === null, why }
  const totals = noTraffic.totals.write
  return {
    ...site,
    host,
    clock: clockOf(aheadMs, hosts.find(({ name }) => name === host)?.clock),
    whyIncomplete: why,
    writes: summariseWrites({ ledger, audit: audited?.audit ?? null, totals }),
  }
}

/** Its times were moved by what its clock was taken to be ahead when they began: by all readings that may be so much off. */
function clockOf(tookMs: number | null, clock: NonNullable<Summary['hosts']>[number]['clock'] | undefined) {
  if (tookMs === null || clock === undefined) return null
  const { aheadMs, errorMs, isSteady } = clock
  return { movedMs: -tookMs, errorMs: Math.abs(tookMs - aheadMs) + errorMs, isSteady }
}

/** Those of all clients together; not known where it is not known of some. */
export function mergeWrites(own: Writes, sites: readonly Site[]): Writes {
  return sites.reduce((sum, { writes }) => (writes === undefined ? sum : addWrites(sum, writes)), own)
}

function addWrites({ from, ...a }: Writes, { from: _from, ...b }: Writes): Writes {
  const keys = Object.keys(a) as (keyof typeof a)[]
  const sums = keys.map((key) => {
    const [one, other] = [a[key], b[key]]
    return [key, one === null || other === null ? null : one + other]
  })
  return { from, ...(Object.fromEntries(sums) as typeof a) }
}

/** The autopsies of all; null where none was made of any. */
export function mergeAutopsies(
  own: { readonly autopsy: Autopsy | null; readonly audit: Audit | null },
  sites: readonly SiteAudited[],
): Summary['autopsy'] {
  const first = own.autopsy === null ? null : summariseAutopsy(own.autopsy, own.audit)
  return sites.reduce<Summary['autopsy']>((sum, { from, autopsy, audit }) => {
    const found = summariseAutopsy(autopsy, audit)
    const said = { sentences: named(from, found.sentences), reasons: named(from, found.reasons) }
    if (sum === null) return { ...found, ...said }
    return {
      sentences: [...sum.sentences, ...said.sentences],
      explained: sum.explained + found.explained,
      failovers: [...(sum.failovers ?? []), ...(found.failovers ?? [])],
      unexplained: sum.unexplained + found.unexplained,
      reasons: [...sum.reasons, ...said.reasons],
    }
  }, first)
}

function named(from: string, sentences: readonly string[]): string[] {
  return sentences.map((sentence) => `${from}: ${sentence}`)
}

/** What is judged of a site's clients, by its name; `service`: of how they were served. */
export function checkSite(
  { name, writes, whyIncomplete = null }: Site,
  audited: SiteAudited | undefined,
  service: readonly Check[],
): Check[] {
  if (writes === undefined) return []
  const { audit = null, probe = null } = audited ?? {}
  const checks = [
    checkWrites(audit, writes, probe),
    checkReplicas(audit),
    checkProbe(probe, audit),
    ...service,
    whyIncomplete === null ? null : checkOf('clients', { verdict: 'unknown', why: `${capital(whyIncomplete)}.` }),
  ]
  return checks.flatMap((check) => (check === null ? [] : [{ ...check, of: name }]))
}
