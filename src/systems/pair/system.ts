import type { Sections } from '../place.ts'
import { plainSystem } from '../plain-system.ts'
import type { System } from '../system.ts'
import { type PairSections, sections } from './definition.ts'
import { describePair } from './describe.ts'
import { concluded } from './explain/anatomy.ts'
import { phaseName, tellAnatomy, tellCause, tellProof } from './explain/tell.ts'
import { isBeyondRepair, leaderOf, problemsOf } from './health.ts'
import { PROXY, pairOf } from './known.ts'
import { proxyPanel } from './panels/proxy.ts'
import { serversPanel } from './panels/servers.ts'
import { locate } from './place.ts'
import { pairFigures, pairTimeline, tellRun } from './report.ts'
import { inRole, roles } from './roles.ts'
import { standing } from './standing.ts'
import { reducePair } from './state.ts'
import { statusOf } from './status.ts'
import { whatRemains } from './what-remains.ts'

/** A primary and a standby, and a proxy of their own that promotes. */
export const pair: System = {
  ...plainSystem,
  type: 'pair',
  sections,
  locate: (given) => locate(given as Sections<PairSections>),
  kindOf: () => 'proxy',
  reduce: reducePair,
  appointed: (event) => (event.type === 'pair.status' && event.reading.ok ? event.reading.value.leadsTo : null),
  describe: describePair,
  problems: problemsOf,
  isWordFinal: true,
  primaries(state) {
    const leader = leaderOf(state)
    return leader === null ? [] : [leader]
  },
  roles,
  inRole,
  whatRemains,
  words: { phaseName, tellCause, tellProof, tellAnatomy },
  status: statusOf,
  awaited: (state) => (state.lab?.nodes ?? []).map((name) => pairOf(state).replication[name]),
  isBeyondRepair,
  sources: (state) => [{ source: 'proxy', target: PROXY, seen: pairOf(state).status, isAround: true }],
  standing,
  timeline: pairTimeline,
  figures: pairFigures,
  tellRun,
  panels: [serversPanel, proxyPanel],
  concluded,
}
