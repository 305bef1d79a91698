import type { Sections } from '../place.ts'
import { plainSystem } from '../plain-system.ts'
import type { System } from '../system.ts'
import { type RegistrationsSections, sections } from './definition.ts'
import { describeRegistrations } from './describe.ts'
import { killTheMaster } from './experiment.ts'
import { draws } from './faults/draws.ts'
import { splitMarks } from './faults/split-marks.ts'
import { problemsOf } from './health.ts'
import { registrationsOf, shapeOf } from './known.ts'
import { lagPanel } from './panels/lag.ts'
import { serversPanel } from './panels/servers.ts'
import { locate } from './place.ts'
import { lagCurve, registrationsFigures, tellRun } from './report.ts'
import { inRole, roleOfPart, roles } from './roles.ts'
import { faultCosts, registrationsSettings } from './settings.ts'
import { standing } from './standing.ts'
import { reduceRegistrations } from './state.ts'
import { statusOf } from './status.ts'
import { whatRemains } from './what-remains.ts'

/** Shards that register students, and a master that gets to know of it later: nobody leads, nobody takes over. */
export const registrations: System = {
  ...plainSystem,
  type: 'registrations',
  sections,
  locate: (given) => locate(given as Sections<RegistrationsSections>),
  kindOf: () => 'app',
  reduce: reduceRegistrations,
  describe: describeRegistrations,
  problems: problemsOf,
  faults: [splitMarks],
  roles,
  inRole,
  whatRemains,
  status: statusOf,
  awaited: (state) => [registrationsOf(state).master],
  sources(state) {
    const { apps, shards } = registrationsOf(state)
    const { apps: names, shards: all } = shapeOf(state.lab)
    return [
      ...all.map((target) => ({ source: 'registrations', target, seen: shards[target]?.seen })),
      ...names.map((target) => ({ source: 'app', target, seen: apps[target], isAround: true })),
    ]
  },
  standing,
  settings: registrationsSettings,
  faultCosts,
  roleOfPart,
  figures: registrationsFigures,
  curves: [lagCurve],
  tellRun,
  draws,
  experiment: killTheMaster,
  panels: [serversPanel, lagPanel],
}
