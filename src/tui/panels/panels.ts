import { type Panel, type PanelSize, panelOf } from '../../draw/panel.ts'
import type { State } from '../../model/state.ts'
import { initialState, subjectsOf } from '../../systems/state.ts'
import type { System } from '../../systems/system.ts'
import { systemOf } from '../../systems/systems.ts'
import { containersPanel } from './containers.ts'
import { eventsPanel } from './events.ts'
import { failoversPanel } from './failovers.ts'
import { scenarioPanel } from './scenario.ts'
import { trafficPanel } from './traffic.ts'

/** What there is to show of any system. */
export const generalPanels: readonly Panel[] = [
  containersPanel,
  trafficPanel,
  failoversPanel,
  eventsPanel,
  scenarioPanel,
]

/** All panels in the order of their numbers, whether they are there or not: those of the system under test first. */
export function panelsOf(state: State): readonly Panel[] {
  const system = systemOf(state.lab)
  const found = known.get(system) ?? [...system.panels, ...generalPanels.flatMap((panel) => ofEach(panel, state))]
  known.set(system, found)
  return found
}

/** The same values for the same system: what is drawn by another one is redrawn. */
const known = new WeakMap<System, readonly Panel[]>()

/** What tells of clients is there once for each system of a lab that has several. */
function ofEach(panel: Panel, state: State): readonly Panel[] {
  if (panel !== trafficPanel && panel !== failoversPanel) return [panel]
  return subjectsOf(state).map(({ name }) => {
    return name === null ? panel : panelOf(panel, name, ({ instances }) => instances[name] ?? initialState)
  })
}

/** A panel that is there, with the rows that it takes. */
export interface Sized {
  readonly panel: Panel
  readonly size: PanelSize
}

/** Those that have something to show. */
export function shownPanels(state: State): readonly Sized[] {
  return panelsOf(state).flatMap((panel) => {
    const size = panel.size(state)
    return size === null ? [] : [{ panel, size }]
  })
}

/** The panel that the keys go to: the first one until another is chosen, or where that one is not there. */
export function focusedPanel({ focus }: { readonly focus: string | null }, state: State): Panel {
  const shown = shownPanels(state).map(({ panel }) => panel)
  return shown.find(({ id }) => id === focus) ?? shown[0] ?? containersPanel
}
