import type { Sections } from '../place.ts'
import type { System, Words } from '../system.ts'
import { leaseAim } from './aim-at-lease.ts'
import { asToday } from './as-today.ts'
import { setUp } from './baseline.ts'
import { clusterSettings } from './cluster-settings.ts'
import { patroniConditions } from './conditions.ts'
import { type PatroniSections, sections } from './definition.ts'
import { describePatroni } from './describe.ts'
import type { PatroniShape } from './events.ts'
import { concluded } from './explain/anatomy.ts'
import { sayingOf } from './explain/log-lines.ts'
import { phaseName, tellCause, tellProof } from './explain/phase-words.ts'
import { tellAnatomy } from './explain/tell-anatomy.ts'
import { faultCosts } from './fault-costs.ts'
import { draws } from './faults/draws.ts'
import { patroniFaults, patroniUndos } from './faults/faults.ts'
import { scanProxy } from './faults/proxy/scan-proxy.ts'
import { patroniGauges, patroniSources } from './gauges.ts'
import { primaries, problemsOf } from './health.ts'
import { look } from './look.ts'
import { operation } from './operation.ts'
import { clusterPanel } from './panels/cluster.ts'
import { etcdPanel } from './panels/etcd.ts'
import { haproxyPanel } from './panels/haproxy.ts'
import { locate } from './place.ts'
import { reducePatroni } from './reduce.ts'
import { inRole, roleOfPart, roles } from './roles.ts'
import { patroniSettings, patroniVersions } from './settings.ts'
import { standing } from './standing.ts'
import { patroniOf } from './state.ts'
import { patroniTimeline } from './timeline.ts'
import { whatRemains } from './what-remains.ts'

/** PostgreSQL under Patroni, with its leader key in etcd, behind HAProxy. */
export const patroni: System = {
  type: 'patroni',
  sections,
  locate: (given) => locate(given as Sections<PatroniSections>),
  kindOf: (part, lab) => ((lab as PatroniShape).etcdMembers.includes(part) ? 'etcd' : 'proxy'),
  logged: (lab) => [...lab.nodes, ...(lab as PatroniShape).proxies.map(({ name }) => name)],
  asToday,
  reduce: reducePatroni,
  appointed: (event) => (event.type === 'etcd.leader-key' ? event.holder : null),
  isUrgent: (event) => event.type === 'etcd.leader-key',
  describe: (before, event, after) => describePatroni(patroniOf(before), event, patroniOf(after)),
  problems: (state) => problemsOf(patroniOf(state)),
  primaries: (state) => primaries(patroniOf(state)),
  faults: patroniFaults,
  undos: patroniUndos,
  roles,
  inRole,
  setUp,
  leftovers: scanProxy,
  meansOf(part, state) {
    const node = patroniOf(state).nodes[part]?.patroni
    return node !== undefined && node.unreachableSinceMs === null
  },
  whatRemains: (state, services, how) => whatRemains(patroniOf(state), services, how),
  isTelling: (line) => sayingOf(line) !== null,
  gauges: patroniGauges,
  sources: patroniSources,
  timeline: patroniTimeline,
  settings: patroniSettings,
  versions: patroniVersions,
  faultCosts,
  roleOfPart: (part, state) => roleOfPart(part, patroniOf(state)),
  seesSessions: (state) => Object.values(patroniOf(state).proxies).some(({ seenAtMs }) => seenAtMs !== null),
  ...operation,
  conditions: patroniConditions,
  aims: [leaseAim],
  draws,
  look,
  clusterSettings,
  words: {
    ...({ phaseName, tellCause, tellProof, tellAnatomy } as Words),
    failover: { gap: 'no key', routed: 'proxy UP', whole: 'key to proxy' },
  },
  panels: [clusterPanel, etcdPanel, haproxyPanel],
  standing: (state, nowMs) => standing(patroniOf(state), nowMs),
  concluded: (state) => concluded(patroniOf(state)),
}
