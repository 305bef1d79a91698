import type { Verb } from '../model/events.ts'
import type { State } from '../model/state.ts'
import type { LabControl } from './control.ts'
import { type Command, commandOf, type Mode } from './keys.ts'
import { type PanelId, panelIds } from './panel-id.ts'
import { panels } from './panels/panels.ts'
import { graphemes } from './text/cells.ts'

/** Where the person is on the screen: everything that is not the state of the lab. */
export interface Ui {
  readonly focus: PanelId
  readonly isEnlarged: boolean
  readonly isHelpOpen: boolean
  /** The question before a dangerous command. */
  readonly dialog: { readonly verb: Verb; readonly service: string } | null
  readonly filter: string
  readonly isTyping: boolean
  /** The row under the cursor of each panel, by name; null follows the first row. */
  readonly selected: Readonly<Partial<Record<PanelId, string | null>>>
  /** Rates that were asked for and have not come back as an event yet. */
  readonly asked: {
    readonly writesPerSecond?: number
    readonly readsPerSecond?: number
    readonly since: unknown
  } | null
  /** The audit that was asked for, until another one is the latest. */
  readonly audit: { readonly since: State['audited']; readonly atMs: number } | null
  /** Why the last key did nothing, until the next one. */
  readonly notice: string | null
}

export type Effect =
  | { readonly type: 'act'; readonly verb: Verb; readonly service: string }
  | { readonly type: 'traffic'; readonly change: Parameters<LabControl['setTraffic']>[0] }
  | { readonly type: 'audit' }
  | { readonly type: 'pause or play' }
  | { readonly type: 'seek'; readonly byMs: number }
  | { readonly type: 'rewind' }
  | { readonly type: 'quit' }

export interface Pressed {
  readonly ui: Ui
  readonly effects: readonly Effect[]
}

export const initialUi: Ui = {
  focus: 'cluster',
  isEnlarged: false,
  isHelpOpen: false,
  dialog: null,
  filter: '',
  isTyping: false,
  selected: {},
  asked: null,
  audit: null,
  notice: null,
}

/** What becomes of the screen by one key, and what it asks of the lab. */
export function press(before: Ui, key: string, state: State, mode: Mode = 'live'): Pressed {
  const ui: Ui = before.notice === null ? before : { ...before, notice: null }
  if (ui.dialog !== null) return inDialog(ui, key, ui.dialog)
  if (ui.isTyping) return whileTyping(ui, key)
  const binding = commandOf(key, ui.focus, mode)
  if (ui.isHelpOpen && binding?.command !== 'quit') return { ui: { ...ui, isHelpOpen: false }, effects: [] }
  if (binding !== null) return perform(ui, binding.command, state)
  const isLiveOnly = mode === 'replay' && commandOf(key, ui.focus) !== null
  return only(isLiveOnly ? { ...ui, notice: 'this is a recording: nothing can be done to the lab' } : ui)
}

/** When the audit was asked for that has not ended yet; null while there is none. */
export function auditingSinceMs(ui: Ui, state: State): number | null {
  return ui.audit !== null && ui.audit.since === state.audited ? ui.audit.atMs : null
}

/** Pasted text belongs into the filter, and nowhere else. */
export function paste(ui: Ui, text: string): Ui {
  return ui.isTyping ? { ...ui, filter: ui.filter + text.replaceAll(/\p{Cc}+/gu, ' ') } : ui
}

/** The name under the cursor of the focused panel; null when it has no rows. */
export function selectedName(ui: Ui, state: State): string | null {
  const rows = panels[ui.focus].rows(state, ui.filter)
  const selected = ui.selected[ui.focus] ?? null
  return selected !== null && rows.includes(selected) ? selected : (rows[0] ?? null)
}

function inDialog(ui: Ui, key: string, dialog: NonNullable<Ui['dialog']>): Pressed {
  switch (commandOf(key, 'dialog')?.command) {
    case 'confirm':
      return { ui: { ...ui, dialog: null }, effects: [{ type: 'act', ...dialog }] }
    case 'cancel':
      return { ui: { ...ui, dialog: null }, effects: [] }
    case 'quit':
      return { ui, effects: [{ type: 'quit' }] }
    default:
      return { ui, effects: [] }
  }
}

function whileTyping(ui: Ui, key: string): Pressed {
  switch (commandOf(key, 'typing')?.command) {
    case 'keep filter':
      return { ui: { ...ui, isTyping: false }, effects: [] }
    case 'clear filter':
      return { ui: { ...ui, isTyping: false, filter: '' }, effects: [] }
    case 'erase':
      return { ui: { ...ui, filter: graphemes(ui.filter).slice(0, -1).join('') }, effects: [] }
    case 'quit':
      return { ui, effects: [{ type: 'quit' }] }
    default: {
      const character = key === 'space' ? ' ' : key
      return { ui: graphemes(character).length === 1 ? { ...ui, filter: ui.filter + character } : ui, effects: [] }
    }
  }
}

function perform(ui: Ui, command: Command, state: State): Pressed {
  switch (command) {
    case 'next panel':
      return only(focus(ui, step(ui.focus, 1)))
    case 'previous panel':
      return only(focus(ui, step(ui.focus, -1)))
    case 'up':
      return only(move(ui, state, -1))
    case 'down':
      return only(move(ui, state, 1))
    case 'page up':
      return only(move(ui, state, -10))
    case 'page down':
      return only(move(ui, state, 10))
    case 'first':
      return only(move(ui, state, Number.NEGATIVE_INFINITY))
    case 'last':
      return only(move(ui, state, Number.POSITIVE_INFINITY))
    case 'enlarge':
      return only({ ...ui, isEnlarged: true })
    case 'back':
      return only(back(ui))
    case 'filter':
      return only({ ...focus(ui, 'events'), isTyping: true })
    case 'help':
      return only({ ...ui, isHelpOpen: true })
    case 'quit':
      return { ui, effects: [{ type: 'quit' }] }
    case 'stop':
    case 'start':
    case 'restart':
    case 'kill':
    case 'pause':
      return onService(ui, command, state)
    case 'traffic on/off':
    case 'more writes':
    case 'fewer writes':
    case 'more reads':
    case 'fewer reads':
      return onTraffic(ui, command, state)
    case 'audit':
      return audit(ui, state)
    case 'pause or play':
      return { ui, effects: [{ type: 'pause or play' }] }
    case 'back 10 s':
    case 'on 10 s':
    case 'back 1 min':
    case 'on 1 min':
      return { ui, effects: [{ type: 'seek', byMs: JUMPS_MS[command] }] }
    case 'to the start':
      return { ui, effects: [{ type: 'rewind' }] }
    case 'confirm':
    case 'cancel':
    case 'keep filter':
    case 'clear filter':
    case 'erase':
      return only(ui)
    default:
      return only(focus(ui, command.slice('focus '.length) as PanelId))
  }
}

const JUMPS_MS = { 'back 10 s': -10_000, 'on 10 s': 10_000, 'back 1 min': -60_000, 'on 1 min': 60_000 } as const

function audit(ui: Ui, state: State): Pressed {
  if (auditingSinceMs(ui, state) !== null) return only({ ...ui, notice: 'an audit is under way' })
  return { ui: { ...ui, audit: { since: state.audited, atMs: state.atMs } }, effects: [{ type: 'audit' }] }
}

function only(ui: Ui): Pressed {
  return { ui, effects: [] }
}

function focus(ui: Ui, panel: PanelId): Ui {
  return { ...ui, focus: panel }
}

function step(from: PanelId, by: number): PanelId {
  return panelIds[(panelIds.indexOf(from) + by + panelIds.length) % panelIds.length] ?? from
}

function back(ui: Ui): Ui {
  if (ui.isEnlarged) return { ...ui, isEnlarged: false }
  if (ui.focus === 'events' && (ui.selected.events ?? null) !== null) {
    return { ...ui, selected: { ...ui.selected, events: null } }
  }
  return { ...ui, filter: '' }
}

/** The first row of the events means "the newest", whichever that is. */
function move(ui: Ui, state: State, by: number): Ui {
  const rows = panels[ui.focus].rows(state, ui.filter)
  const at = Math.max(0, rows.indexOf(ui.selected[ui.focus] ?? ''))
  const index = Math.min(rows.length - 1, Math.max(0, at + by))
  const isNewest = ui.focus === 'events' && index <= 0
  return { ...ui, selected: { ...ui.selected, [ui.focus]: isNewest ? null : (rows[index] ?? null) } }
}

function onService(ui: Ui, command: 'stop' | 'start' | 'restart' | 'kill' | 'pause', state: State): Pressed {
  const row = selectedName(ui, state)
  if (row === null) return only({ ...ui, notice: 'there is no row to act on' })
  const service = ui.focus === 'containers' ? row : state.lab?.containerOf[row]
  if (service === undefined) return only({ ...ui, notice: `the lab definition names no container for ${row}` })
  const isPaused = state.containers[service]?.container?.state === 'paused'
  const verb: Verb = command === 'pause' && isPaused ? 'unpause' : command
  if (verb === 'start' || verb === 'unpause') return { ui, effects: [{ type: 'act', verb, service }] }
  return only({ ...ui, dialog: { verb, service } })
}

function onTraffic(ui: Ui, command: Command, state: State): Pressed {
  const { settings } = state.traffic
  if (settings === null) return only({ ...ui, notice: 'there is no traffic generator in this run' })
  if (command === 'traffic on/off') return { ui, effects: [{ type: 'traffic', change: { isOn: !settings.isOn } }] }
  const what = command.endsWith('writes') ? 'writesPerSecond' : 'readsPerSecond'
  // Quick presses build on each other although the answer to the first has not come back yet.
  const asked = ui.asked !== null && ui.asked.since === settings ? ui.asked : { since: settings }
  const rate = nextRate(asked[what] ?? settings[what], command.startsWith('more'))
  return { ui: { ...ui, asked: { ...asked, [what]: rate } }, effects: [{ type: 'traffic', change: { [what]: rate } }] }
}

/** A quarter more or less, at least five operations a second, never below none. */
export function nextRate(rate: number, isMore: boolean): number {
  const by = Math.max(5, Math.round(rate / 4))
  return isMore ? rate + by : Math.max(0, rate - by)
}
