import type { State } from '../model/state.ts'
import type { FaultChoice, HeldByOther, LabControl, MenuOrder, ReadOrder, ScenarioEntry } from './control.ts'
import type { Notice } from './notice.ts'

/** Where the person is on the screen: everything that is not the state of the lab. */
export interface Ui {
  /** The id of the focused panel; null for the first. */
  readonly focus: string | null
  readonly isEnlarged: boolean
  readonly isHelpOpen: boolean
  /** The question before a dangerous command; what it is about was chosen in the form or the list below it. */
  readonly dialog: Question | null
  readonly form: Form | null
  readonly menu: Menu | null
  readonly filter: string
  readonly isTyping: boolean
  /** The row under the cursor of each panel, by name; null follows the first row. */
  readonly selected: Readonly<Record<string, string | null>>
  /** Rates that were asked for and have not come back as an event yet. */
  readonly asked: {
    readonly writesPerSecond?: number
    readonly readsPerSecond?: number
    readonly since: unknown
  } | null
  /** The audit that was asked for, until another one is the latest. */
  readonly audit: { readonly since: State['audited']; readonly atMs: number } | null
  /** Everything is being healed. */
  readonly healing: { readonly sinceMs: number } | null
  /** A scenario is being prepared, or judged: what goes on, beside its steps. */
  readonly staging: { readonly name: string; readonly text: string; readonly sinceMs: number } | null
  /** What is stuck and has been read: the banner tells of the rest. */
  readonly readStuck: readonly unknown[]
  /** Why the last key did nothing, or what came of an earlier one; until the next one, or for some seconds. */
  readonly notice: Notice | null
}

export type Effect =
  | { readonly type: 'start'; readonly part: string }
  | { readonly type: 'traffic'; readonly change: Parameters<LabControl['setTraffic']>[0] }
  | { readonly type: 'audit' }
  | { readonly type: 'heal' }
  | { readonly type: 'heal others' }
  | { readonly type: 'inject'; readonly order: MenuOrder }
  | { readonly type: 'list scenarios' }
  | { readonly type: 'run scenario'; readonly file: string; readonly name: string }
  | { readonly type: 'stop scenario' }
  | { readonly type: 'pause or play' }
  | { readonly type: 'seek'; readonly byMs: number }
  | { readonly type: 'rewind' }
  | { readonly type: 'quit' }

export interface Pressed {
  readonly ui: Ui
  readonly effects: readonly Effect[]
}

export const initialUi: Ui = {
  focus: null,
  isEnlarged: false,
  isHelpOpen: false,
  dialog: null,
  form: null,
  menu: null,
  filter: '',
  isTyping: false,
  selected: {},
  asked: null,
  audit: null,
  healing: null,
  staging: null,
  readStuck: [],
  notice: null,
}

/** What is asked before it is done. */
export type Question =
  | { readonly type: 'inject'; readonly order: MenuOrder; readonly text: string }
  | { readonly type: 'run scenario'; readonly entry: ScenarioEntry }
  | { readonly type: 'stop scenario'; readonly name: string }
  | { readonly type: 'heal others'; readonly others: readonly HeldByOther[] }

/** A list to choose from; `chosen` is the name of the row under the cursor, null for the first. */
export type Menu =
  | { readonly type: 'faults'; readonly target: string; readonly chosen: string | null }
  /** Null while they are being read. */
  | { readonly type: 'scenarios'; readonly entries: readonly ScenarioEntry[] | null; readonly chosen: string | null }

/** The settings of one fault while they are written. */
export interface Form {
  readonly kind: FaultChoice
  readonly target: string
  readonly values: Readonly<Record<string, string>>
  /** The setting under the cursor. */
  readonly at: number
  readonly mistakes: Extract<ReadOrder, { ok: false }>['mistakes']
}

/** The key has changed the screen, and asks nothing of the lab. */
export function only(ui: Ui): Pressed {
  return { ui, effects: [] }
}
