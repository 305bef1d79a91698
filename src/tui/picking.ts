import { graphemes } from '../draw/cells.ts'
import type { State } from '../model/state.ts'
import type { AimChoice, FaultChoice, FaultConsole } from './control.ts'
import { type Command, commandOf } from './keys.ts'
import { warning } from './notice.ts'
import { type Form, type Menu, only, type Pressed, type Question, type Ui } from './ui-state.ts'

/** Opens the list of faults for a part, or for the leader when there is none under the cursor. */
export function openFaults(ui: Ui, part: string | null, state: State, console: FaultConsole): Ui {
  const targets = console.aims(state).map(({ target }) => target)
  const target = [part, 'leader'].find((each) => each !== null && targets.includes(each)) ?? targets[0]
  if (target === undefined) return { ...ui, notice: warning('there is nothing that a fault could be aimed at') }
  return { ...ui, menu: { type: 'faults', target, chosen: null } }
}

/** What a target stands for now; nobody when it stands for nothing. */
export function aimOf(target: string, state: State, console: FaultConsole): AimChoice {
  return console.aims(state).find((aim) => aim.target === target) ?? { target, parts: [] }
}

/** The kinds that can be aimed at all of these parts, by family. */
export function kindsFor({ parts }: AimChoice, { kinds }: FaultConsole): readonly FaultChoice[] {
  if (parts.length === 0) return []
  const fitting = kinds.filter(({ aims }) => parts.every(({ kind }) => aims.includes(kind)))
  const families = [...new Set(kinds.map(({ family }) => family))]
  return families.flatMap((family) => fitting.filter((kind) => kind.family === family))
}

/** The names of a list's rows. */
export function menuRows(menu: Menu, state: State, console: FaultConsole | null): readonly string[] {
  if (menu.type === 'scenarios') return (menu.entries ?? []).map(({ file }) => file)
  return console === null ? [] : kindsFor(aimOf(menu.target, state, console), console).map(({ type }) => type)
}

export function pressInMenu(ui: Ui, menu: Menu, key: string, state: State, console: FaultConsole | null): Pressed {
  const rows = menuRows(menu, state, console)
  const at = Math.max(0, rows.indexOf(menu.chosen ?? ''))
  const to = (index: number): Pressed => {
    const chosen = rows[Math.min(rows.length - 1, Math.max(0, index))] ?? null
    return only({ ...ui, menu: { ...menu, chosen } })
  }
  switch (commandOf(key, 'menu')?.command) {
    case 'down':
      return to(at + 1)
    case 'up':
      return to(at - 1)
    case 'page down':
      return to(at + 10)
    case 'page up':
      return to(at - 10)
    case 'next aim':
      return only(aimAt(ui, menu, 1, state, console))
    case 'previous aim':
      return only(aimAt(ui, menu, -1, state, console))
    case 'choose':
      return only(choose(ui, menu, rows[at], state, console))
    case 'back':
      return only({ ...ui, menu: null })
    case 'quit':
      return { ui, effects: [{ type: 'quit' }] }
    default:
      return only(ui)
  }
}

export function pressInForm(ui: Ui, form: Form, key: string, state: State, console: FaultConsole | null): Pressed {
  const { settings } = form.kind
  const setting = settings[form.at]
  const move = (by: number) =>
    only({ ...ui, form: { ...form, at: (form.at + by + settings.length) % settings.length } })
  const write = (change: (before: string) => string) => {
    if (setting === undefined) return only(ui)
    const values = { ...form.values, [setting.name]: change(form.values[setting.name] ?? setting.initial) }
    return only({ ...ui, form: { ...form, values, mistakes: [] } })
  }
  switch (commandOf(key, 'form')?.command) {
    case 'next field':
      return move(1)
    case 'previous field':
      return move(-1)
    case 'erase':
      return write((before) => graphemes(before).slice(0, -1).join(''))
    case 'clear field':
      return write(() => '')
    case 'accept':
      return only(ask(ui, form, state, console))
    case 'back':
      return only({ ...ui, form: null })
    case 'quit':
      return { ui, effects: [{ type: 'quit' }] }
    default: {
      const character = key === 'space' ? ' ' : key
      return graphemes(character).length === 1 ? write((before) => before + character) : only(ui)
    }
  }
}

/** Pasted text goes to the setting under the cursor. */
export function pasteInForm(form: Form, text: string): Form {
  const setting = form.kind.settings[form.at]
  if (setting === undefined) return form
  const before = form.values[setting.name] ?? setting.initial
  return { ...form, values: { ...form.values, [setting.name]: before + text }, mistakes: [] }
}

export function pressInDialog(ui: Ui, question: Question, key: string): Pressed {
  const command: Command | undefined = commandOf(key, 'dialog')?.command
  switch (command) {
    case 'confirm':
      return confirmed({ ...ui, dialog: null, form: null, menu: null }, question)
    case 'cancel':
      // Back to where it was chosen, so that another setting is a key away.
      return only({ ...ui, dialog: null })
    case 'quit':
      return { ui, effects: [{ type: 'quit' }] }
    default:
      return only(ui)
  }
}

function confirmed(ui: Ui, question: Question): Pressed {
  switch (question.type) {
    case 'inject':
      return { ui, effects: [{ type: 'inject', order: question.order }] }
    case 'run scenario': {
      const { file, name } = question.entry
      return { ui, effects: [{ type: 'run scenario', file, name }] }
    }
    case 'stop scenario':
    case 'heal others':
      return { ui, effects: [{ type: question.type }] }
  }
}

function aimAt(ui: Ui, menu: Menu, by: number, state: State, console: FaultConsole | null): Ui {
  if (menu.type !== 'faults' || console === null) return ui
  const targets = console.aims(state).map(({ target }) => target)
  const at = targets.indexOf(menu.target)
  const target = targets[(Math.max(0, at) + by + targets.length) % targets.length]
  return target === undefined ? ui : { ...ui, menu: { ...menu, target } }
}

/** Asks about a fault of one part, as it is without any setting. */
export function askFault(ui: Ui, fault: string, target: string, state: State, console: FaultConsole): Ui {
  const kind = console.kinds.find(({ type }) => type === fault)
  if (kind === undefined) return { ...ui, notice: warning(`there is no ${fault} here`) }
  return ask(ui, { kind, target, values: {}, at: 0, mistakes: [] }, state, console)
}

function choose(ui: Ui, menu: Menu, row: string | undefined, state: State, console: FaultConsole | null): Ui {
  if (menu.type === 'scenarios') {
    const entry = menu.entries?.find(({ file }) => file === row)
    if (entry === undefined) return ui
    const refusal = entry.problem ?? entry.needs
    if (refusal !== null) return { ...ui, notice: warning(refusal) }
    return { ...ui, dialog: { type: 'run scenario', entry } }
  }
  const kind = console?.kinds.find(({ type }) => type === row)
  if (kind === undefined) return ui
  const form: Form = { kind, target: menu.target, values: {}, at: 0, mistakes: [] }
  return kind.settings.length === 0 ? ask(ui, form, state, console) : { ...ui, form }
}

/** The question, or the mistakes at the settings that they are about. */
function ask(ui: Ui, form: Form, state: State, console: FaultConsole | null): Ui {
  if (console === null) return ui
  const { kind, target } = form
  const settings = given(form)
  const read = kind.read(settings, aimOf(target, state, console).parts)
  if (read.ok)
    return { ...ui, dialog: { type: 'inject', order: { kind: kind.type, target, settings }, text: read.text } }
  if (kind.settings.length === 0)
    return { ...ui, notice: warning(read.mistakes.map(({ message }) => message).join('; ')) }
  const first = kind.settings.findIndex(({ name }) => read.mistakes.some(({ setting }) => isAbout(name, setting)))
  return { ...ui, form: { ...form, mistakes: read.mistakes, at: first < 0 ? form.at : first } }
}

/** Whether a mistake is about this setting: `from.0` is about `from`. */
export function isAbout(name: string, setting: string | null): boolean {
  return setting === name || setting?.startsWith(`${name}.`) === true
}

/** Only what has been written, and is not as it would be anyway. */
function given({ kind, values }: Form): string[] {
  return kind.settings.flatMap(({ name, initial, isMap }) => {
    const value = (values[name] ?? initial).trim()
    if (value === '' || value === initial) return []
    return isMap ? value.split(/\s+/).map((pair) => `${name}.${pair}`) : [`${name}=${value}`]
  })
}
