import type { LabShape } from '../model/events.ts'
import type { Check } from './judge-run.ts'
import { judged, KINDS, type Trouble, unexplainedOf } from './service-checks.ts'
import type { Measured } from './summary-schema.ts'

/**
 * Whether the clients of one site, who know the ways in of that one alone, went without service that no fault explains;
 * nothing where all of it is explained, and of clients that did not run there.
 */
export function checkServiceAt(
  site: Site,
  lab: Placed,
  measured: Measured,
  below: readonly Measured[] = [],
): readonly Check[] {
  if (site.host === undefined) return []
  const here = { ...measured, settings: { ...measured.settings, ...waysIn(site.name, lab, measured) } }
  const doubtMs = 2 * (site.clock?.errorMs ?? 0)
  const all = KINDS.flatMap((kind): Trouble[] => {
    const { outages, degraded = [] } = site[kind]
    return [
      ...outages.map(({ fromMs, toMs, ms }) => ({ what: 'outage' as const, fromMs, toMs, ms })),
      ...degraded.map(({ fromMs, toMs }) => ({ what: 'degraded' as const, fromMs, toMs, ms: toMs - fromMs })),
    ].map(({ ms, ...trouble }) => ({ kind, ...trouble, ms: Math.max(0, ms - doubtMs), isWorkloadAlone: false }))
  })
  const unexplained = all.flatMap((trouble) => unexplainedOf(trouble, here, below))
  return judged(unexplained, here, () => [])
}

type Site = NonNullable<Measured['sites']>[number]
type Placed = Pick<LabShape, 'hostOf' | 'siteOf'> | null

/** The proxies of its own hosts first, which are all that its clients know; none where nobody says which those are. */
function waysIn(from: string, lab: Placed, { settings: { proxies } }: Measured) {
  const isOwn = (proxy: string) => {
    const host = lab?.hostOf?.[proxy] ?? ''
    return host === from || lab?.siteOf?.[host] === from
  }
  const inOrder = proxies?.toSorted((a, b) => Number(isOwn(b)) - Number(isOwn(a))) ?? []
  const endpoints = inOrder.filter(isOwn).length
  return endpoints === 0 ? { proxies: null } : { proxies: inOrder, endpoints }
}
