import { partOf } from '../model/part-of.ts'
import type { State } from '../model/state.ts'
import type { FaultConsole } from './control.ts'
import type { Command, ServiceCommand } from './keys.ts'
import { warning } from './notice.ts'
import { focusedPanel } from './panels/panels.ts'
import { askFault, openFaults } from './picking.ts'
import { only, type Pressed, type Ui } from './ui-state.ts'

/** The commands that ask something of the lab, or are about to. */
export function onLab(ui: Ui, command: Command, state: State, console: FaultConsole | null): Pressed | null {
  switch (command) {
    case 'stop':
    case 'start':
    case 'restart':
    case 'kill':
    case 'pause':
      return onService(ui, command, state, console)
    case 'traffic on/off':
    case 'more writes':
    case 'fewer writes':
    case 'more reads':
    case 'fewer reads':
      return onTraffic(ui, command, state)
    case 'fault':
      if (console === null) return only({ ...ui, notice: warning(NOBODYS_BUSINESS) })
      return only(openFaults(ui, partUnderCursor(ui, state), state, console))
    case 'heal':
      return healNow(ui, state, console)
    case 'scenarios':
      return scenarios(ui, state)
    case 'stop scenario':
      return stopScenario(ui, state)
    case 'audit':
      return audit(ui, state)
    default:
      return null
  }
}

/** When the audit was asked for that has not ended yet; null while there is none. */
export function auditingSinceMs(ui: Ui, state: State): number | null {
  return ui.audit !== null && ui.audit.since === state.audited ? ui.audit.atMs : null
}

/** The name under the cursor of the focused panel; null when it has no rows. */
function selectedName(ui: Ui, state: State): string | null {
  const panel = focusedPanel(ui, state)
  const rows = panel.rows?.(state, ui.filter) ?? []
  const selected = ui.selected[panel.id] ?? null
  return selected !== null && rows.includes(selected) ? selected : (rows[0] ?? null)
}

const NOBODYS_BUSINESS = 'this lab definition names no containers: nothing in it can be broken from here'

/** Everything is put back, whatever lies over the panels. */
export function healNow(ui: Ui, state: State, console: FaultConsole | null): Pressed {
  if (console === null) return only({ ...ui, notice: warning(NOBODYS_BUSINESS) })
  if (ui.healing !== null) return only({ ...ui, notice: warning('everything is being healed') })
  const readStuck = state.faults.map(({ stuck }) => stuck)
  return { ui: { ...ui, readStuck, healing: { sinceMs: state.atMs } }, effects: [{ type: 'heal' }] }
}

function scenarios(ui: Ui, state: State): Pressed {
  const running = scenarioNow(ui, state)
  if (running !== null) return only({ ...ui, notice: warning(`a scenario runs (${running}): X stops it`) })
  return {
    ui: { ...ui, menu: { type: 'scenarios', entries: null, chosen: null } },
    effects: [{ type: 'list scenarios' }],
  }
}

function stopScenario(ui: Ui, state: State): Pressed {
  const name = scenarioNow(ui, state)
  if (name === null) return only({ ...ui, notice: warning('no scenario runs') })
  return only({ ...ui, dialog: { type: 'stop scenario', name } })
}

/** The scenario that is prepared, runs or is judged; null when none is. */
function scenarioNow({ staging }: Ui, { scenario }: State): string | null {
  if (staging !== null) return staging.name
  return scenario !== null && scenario.ended === null ? scenario.name : null
}

/** The part that the row under the cursor stands for. */
function partUnderCursor(ui: Ui, state: State): string | null {
  const { rowsAre } = focusedPanel(ui, state)
  if (rowsAre === undefined) return null
  const row = selectedName(ui, state)
  return rowsAre === 'parts' || row === null ? row : (partOf(state.lab, row) ?? row)
}

function audit(ui: Ui, state: State): Pressed {
  if (auditingSinceMs(ui, state) !== null) return only({ ...ui, notice: warning('an audit is under way') })
  return { ui: { ...ui, audit: { since: state.audited, atMs: state.atMs } }, effects: [{ type: 'audit' }] }
}

function onService(ui: Ui, command: ServiceCommand, state: State, console: FaultConsole | null): Pressed {
  const row = selectedName(ui, state)
  if (row === null) return only({ ...ui, notice: warning('there is no row to act on') })
  const part = partUnderCursor(ui, state)
  const service = focusedPanel(ui, state).rowsAre === 'services' ? row : state.lab?.containerOf[row]
  if (part === null || service === undefined) {
    return only({ ...ui, notice: warning(`the lab definition names no container for ${row}`) })
  }
  if (console === null) return only({ ...ui, notice: warning(NOBODYS_BUSINESS) })
  const is = state.containers[service]?.container?.state
  const isToGoOn = command === 'pause' && is === 'paused'
  const isToComeBack = command === 'restart' && is !== undefined && is !== 'running' && is !== 'paused'
  if (command === 'start' || isToGoOn || isToComeBack) return { ui, effects: [{ type: 'start', part }] }
  return only(askFault(ui, command, part, state, console))
}

function onTraffic(ui: Ui, command: Command, state: State): Pressed {
  const { settings } = state.traffic
  if (settings === null) return only({ ...ui, notice: warning('there is no traffic generator in this run') })
  if (command === 'traffic on/off') return { ui, effects: [{ type: 'traffic', change: { isOn: !settings.isOn } }] }
  const step = RATE_STEPS[command]
  if (step === undefined) return only(ui)
  const { what, isMore } = step
  // Quick presses build on each other although the answer to the first has not come back yet.
  const asked = ui.asked !== null && ui.asked.since === settings ? ui.asked : { since: settings }
  const rate = nextRate(asked[what] ?? settings[what], isMore)
  return { ui: { ...ui, asked: { ...asked, [what]: rate } }, effects: [{ type: 'traffic', change: { [what]: rate } }] }
}

interface RateStep {
  readonly what: 'writesPerSecond' | 'readsPerSecond'
  readonly isMore: boolean
}

const RATE_STEPS: Readonly<Partial<Record<Command, RateStep>>> = {
  'more writes': { what: 'writesPerSecond', isMore: true },
  'fewer writes': { what: 'writesPerSecond', isMore: false },
  'more reads': { what: 'readsPerSecond', isMore: true },
  'fewer reads': { what: 'readsPerSecond', isMore: false },
}

/** A quarter more or less, at least five operations a second, never below none. */
export function nextRate(rate: number, isMore: boolean): number {
  const by = Math.max(5, Math.round(rate / 4))
  return isMore ? rate + by : Math.max(0, rate - by)
}
