import type { State } from '../../model/state.ts'
import type { FaultConsole } from '../control.ts'
import type { Mode } from '../keys.ts'
import { unreadStuck } from '../ui.ts'
import type { Ui } from '../ui-state.ts'
import { stuckOverlay } from './alerts.ts'
import type { Overlay } from './box.ts'
import { faultFormOverlay } from './fault-form.ts'
import { faultMenuOverlay } from './fault-menu.ts'
import { helpOverlay } from './help.ts'
import { questionOverlay } from './question.ts'
import { scenarioMenuOverlay } from './scenario-menu.ts'

interface Room {
  readonly columns: number
  readonly rows: number
  readonly mode: Mode
  readonly console: FaultConsole | null
}

/** The one thing that lies over the panels; null when nothing does. */
export function overlayOf(ui: Ui, state: State, { columns, rows, mode, console }: Room): Overlay | null {
  const stuck = unreadStuck(ui, state, mode)
  if (stuck.length > 0) return stuckOverlay(stuck, columns, rows)
  if (ui.dialog !== null) return questionOverlay(state, ui.dialog, { columns, rows, console })
  if (ui.form !== null) return faultFormOverlay(ui.form, columns, rows)
  if (ui.menu?.type === 'faults' && console !== null)
    return faultMenuOverlay(state, ui.menu, { columns, rows, console })
  if (ui.menu?.type === 'scenarios') return scenarioMenuOverlay(ui.menu, columns, rows)
  return ui.isHelpOpen ? helpOverlay(columns, rows, mode) : null
}
