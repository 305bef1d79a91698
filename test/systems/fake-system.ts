import { reduceCore } from '../../src/model/reduce.ts'
import type { State } from '../../src/model/state.ts'
import { initialState } from '../../src/systems/state.ts'
import type { System } from '../../src/systems/system.ts'
import { events, type Timed } from '../model/events.ts'

/** Two servers, one of which is said to take the writes, and nothing that a system need not say. */
export const bare: System = {
  type: 'bare',
  sections: {},
  locate: () => {
    throw new Error('it is nowhere')
  },
  kindOf: () => 'proxy',
  logged: () => [],
  roles: [],
  panels: [],
  reduce: (_before, _event, core) => core,
  appointed: () => null,
  isUrgent: () => false,
  describe: () => [],
  problems: () => [],
  primaries: ({ nodes }) => Object.keys(nodes).filter((name) => nodes[name]?.postgres.value?.isInRecovery === false),
  inRole: () => [],
  meansOf: () => null,
  isTelling: () => false,
  whatRemains: () => [],
  faults: [],
  undos: [],
  words: {
    phaseName: ({ awaited }) => [awaited, awaited],
    tellCause: () => null,
    tellProof: () => '',
    tellAnatomy: () => [],
  },
  concluded: () => [],
}

/** The state of such a system after these events. */
export function playBare(timed: readonly Timed[]): State {
  return events([[0, begun], ...timed]).reduce(reduceCore, initialState)
}

const begun: Timed[1] = {
  type: 'run.started',
  startedAt: '2026-01-01T00:00:00.000Z',
  version: '0.2.0',
  lab: { name: 'two', system: 'bare', nodes: ['one', 'two'], containerOf: {} },
}
