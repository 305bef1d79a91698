import type { Sections } from '../place.ts'
import { plainSystem } from '../plain-system.ts'
import type { System } from '../system.ts'
import { vectorsCurves } from './curves.ts'
import { sections, type VectorsSections } from './definition.ts'
import { describeVectors } from './describe.ts'
import { draws } from './faults/draws.ts'
import { membershipFaults, membershipUndos } from './faults/membership.ts'
import { problemsOf } from './health.ts'
import { vectorsOf } from './known.ts'
import { serversPanel } from './panels/servers.ts'
import { shardsPanel } from './panels/shards.ts'
import { locate } from './place.ts'
import { tellRun, vectorsFigures, vectorsTimeline } from './report.ts'
import { inRole, roles } from './roles.ts'
import { faultCosts, vectorsSettings } from './settings.ts'
import { vectorsIn } from './shape.ts'
import { standing } from './standing.ts'
import { reduceVectors } from './state.ts'
import { statusOf } from './status.ts'
import { whatRemains } from './what-remains.ts'

/** A store of vectors: shards with copies on several nodes, and gateways that know who has what. */
export const vectors: System = {
  ...plainSystem,
  type: 'vectors',
  sections,
  locate: (given) => locate(given as Sections<VectorsSections>),
  kindOf(part, lab) {
    const shape = vectorsIn(lab)
    if (shape?.gateways.includes(part)) return 'proxy'
    return shape?.etcd.includes(part) ? 'etcd' : 'app'
  },
  reduce: reduceVectors,
  describe: describeVectors,
  problems: problemsOf,
  faults: membershipFaults as unknown as System['faults'],
  undos: membershipUndos as unknown as System['undos'],
  roles,
  inRole,
  whatRemains,
  status: statusOf,
  sources: (state) => {
    const { gateways, nodes } = vectorsOf(state)
    const shape = vectorsIn(state.lab)
    return [
      ...(shape?.gateways ?? []).map((target) => ({
        source: 'gateway',
        target,
        seen: gateways[target],
        isAround: true,
      })),
      ...(shape?.vectorNodes ?? []).map((target) => ({ source: 'node', target, seen: nodes[target] })),
    ]
  },
  standing,
  settings: vectorsSettings,
  faultCosts,
  starved: (state) => vectorsOf(state).starved,
  timeline: vectorsTimeline,
  figures: vectorsFigures,
  curves: vectorsCurves,
  tellRun,
  draws,
  panels: [serversPanel, shardsPanel],
}
