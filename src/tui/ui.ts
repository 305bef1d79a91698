import { graphemes } from '../draw/cells.ts'
import type { State } from '../model/state.ts'
import type { FaultConsole } from './control.ts'
import { type Above, type Command, commandOf, type KeyBinding, type Mode } from './keys.ts'
import { warning } from './notice.ts'
import { healNow, onLab } from './on-lab.ts'
import { eventsPanel } from './panels/events.ts'
import { focusedPanel, panelsOf, shownPanels } from './panels/panels.ts'
import { pasteInForm, pressInDialog, pressInForm, pressInMenu } from './picking.ts'
import { type Effect, only, type Pressed, type Ui } from './ui-state.ts'

/**
 * What becomes of the screen by one key, and what it asks of the lab.
 * @param console what can be broken; null where nothing can
 */
export function press(
  before: Ui,
  key: string,
  state: State,
  mode: Mode = 'live',
  console: FaultConsole | null = null,
): Pressed {
  const ui: Ui = before.notice === null ? before : { ...before, notice: null }
  const over = placeAbove(ui)
  const panel = focusedPanel(ui, state)
  const isHeal = commandOf(key, over ?? panel, mode)?.command === 'heal' && (over !== null || !ui.isTyping)
  if (isHeal) return healNow({ ...ui, isHelpOpen: false, dialog: null, form: null, menu: null }, state, console)
  if (unreadStuck(ui, state, mode).length > 0 && key !== 'ctrl+c') {
    return only({ ...ui, readStuck: state.faults.map(({ stuck }) => stuck) })
  }
  if (ui.dialog !== null) return pressInDialog(ui, ui.dialog, key)
  if (ui.form !== null) return pressInForm(ui, ui.form, key, state, console)
  if (ui.menu !== null) return pressInMenu(ui, ui.menu, key, state, console)
  if (ui.isTyping) return whileTyping(ui, key)
  const binding = commandOf(key, panel, mode)
  if (ui.isHelpOpen && binding?.command !== 'quit') return only({ ...ui, isHelpOpen: false })
  if (binding !== null) return perform(ui, binding, state, console)
  const isLiveOnly = mode === 'replay' && commandOf(key, panel) !== null
  return only(isLiveOnly ? { ...ui, notice: warning('this is a recording: nothing can be done to the lab') } : ui)
}

/** What could not be healed and nobody has read yet; in a recording it is no news. */
export function unreadStuck(ui: Ui, { faults }: State, mode: Mode): State['faults'] {
  return mode === 'replay' ? [] : faults.filter(({ stuck }) => stuck !== null && !ui.readStuck.includes(stuck))
}

/** Pasted text belongs into the filter or a setting, and nowhere else. */
export function paste(ui: Ui, text: string): Ui {
  const clean = text.replaceAll(/\p{Cc}+/gu, ' ')
  if (ui.form !== null && ui.dialog === null) return { ...ui, form: pasteInForm(ui.form, clean) }
  return ui.isTyping && placeAbove(ui) === null ? { ...ui, filter: ui.filter + clean } : ui
}

function placeAbove(ui: Ui): Above | null {
  if (ui.dialog !== null) return 'dialog'
  if (ui.form !== null) return 'form'
  return ui.menu === null ? null : 'menu'
}

function whileTyping(ui: Ui, key: string): Pressed {
  switch (commandOf(key, 'typing')?.command) {
    case 'keep filter':
      return only({ ...ui, isTyping: false })
    case 'clear filter':
      return only({ ...ui, isTyping: false, filter: '' })
    case 'erase':
      return only({ ...ui, filter: graphemes(ui.filter).slice(0, -1).join('') })
    case 'quit':
      return { ui, effects: [{ type: 'quit' }] }
    default: {
      const character = key === 'space' ? ' ' : key
      return only(graphemes(character).length === 1 ? { ...ui, filter: ui.filter + character } : ui)
    }
  }
}

function perform(ui: Ui, { command, key }: KeyBinding, state: State, console: FaultConsole | null): Pressed {
  const change = CHANGES[command]
  if (change !== undefined) return only(change(ui, state, key))
  const effect = EFFECTS[command]
  if (effect !== undefined) return { ui, effects: [effect] }
  return onLab(ui, command, state, console) ?? only(ui)
}

/** What changes the screen alone. */
const CHANGES: Readonly<Partial<Record<Command, (ui: Ui, state: State, key: string) => Ui>>> = {
  panel: (ui, state, key) => toNumber(ui, Number(key), state),
  'next panel': (ui, state) => step(ui, 1, state),
  'previous panel': (ui, state) => step(ui, -1, state),
  up: (ui, state) => move(ui, state, -1),
  down: (ui, state) => move(ui, state, 1),
  'page up': (ui, state) => move(ui, state, -10),
  'page down': (ui, state) => move(ui, state, 10),
  first: (ui, state) => move(ui, state, Number.NEGATIVE_INFINITY),
  last: (ui, state) => move(ui, state, Number.POSITIVE_INFINITY),
  enlarge: (ui) => ({ ...ui, isEnlarged: true }),
  back,
  filter: (ui) => ({ ...ui, focus: eventsPanel.id, isTyping: true }),
  help: (ui) => ({ ...ui, isHelpOpen: true }),
}

const EFFECTS: Readonly<Partial<Record<Command, Effect>>> = {
  quit: { type: 'quit' },
  'pause or play': { type: 'pause or play' },
  'back 10 s': { type: 'seek', byMs: -10_000 },
  'on 10 s': { type: 'seek', byMs: 10_000 },
  'back 1 min': { type: 'seek', byMs: -60_000 },
  'on 1 min': { type: 'seek', byMs: 60_000 },
  'to the start': { type: 'rewind' },
}

function toNumber(ui: Ui, number: number, state: State): Ui {
  const panel = panelsOf(state)[number - 1]
  if (panel === undefined) return { ...ui, notice: warning(`there is no panel ${number}`) }
  if (panel.size(state) !== null) return { ...ui, focus: panel.id }
  return { ...ui, notice: warning(`${panel.title} has nothing to show yet`) }
}

function step(ui: Ui, by: number, state: State): Ui {
  const ids = shownPanels(state).map(({ panel }) => panel.id)
  const at = ids.indexOf(focusedPanel(ui, state).id) + by + ids.length
  return { ...ui, focus: ids[at % ids.length] ?? null }
}

function back(ui: Ui, state: State): Ui {
  if (ui.isEnlarged) return { ...ui, isEnlarged: false }
  const { id } = focusedPanel(ui, state)
  if (id === eventsPanel.id && (ui.selected[id] ?? null) !== null) {
    return { ...ui, selected: { ...ui.selected, [id]: null } }
  }
  return { ...ui, filter: '' }
}

/** The first row of the events means "the newest", whichever that is. */
function move(ui: Ui, state: State, by: number): Ui {
  const panel = focusedPanel(ui, state)
  const rows = panel.rows?.(state, ui.filter) ?? []
  const at = Math.max(0, rows.indexOf(ui.selected[panel.id] ?? ''))
  const index = Math.min(rows.length - 1, Math.max(0, at + by))
  const isNewest = panel === eventsPanel && index <= 0
  return { ...ui, selected: { ...ui.selected, [panel.id]: isNewest ? null : (rows[index] ?? null) } }
}
