import type { Panel } from '../draw/panel.ts'

/**
 * Where a key is valid: in Traffic, in all panels (`any`), in those whose rows stand for a container (`services`),
 * in the question before a dangerous command (`dialog`), in a list to choose from (`menu`), among the settings of a
 * fault (`form`), or while the filter is typed (`typing`).
 */
export type KeyPlace = 'traffic' | 'any' | 'services' | Above | 'typing'

/** Where a key is pressed. */
type PlaceOfKeys = Pick<Panel, 'id' | 'rowsAre'> | Above | 'typing'

/** What takes the keys while it lies over the panels. */
export type Above = 'dialog' | 'menu' | 'form'

/** Whether the screen shows a lab that runs, or a recording of one, in which nothing can be done any more. */
export type Mode = 'live' | 'replay'

interface Binding<C extends string> {
  /** A character as typed, or `up`, `enter`, `esc`, `tab`, `shift+tab`, `space`, `ctrl+c`, … */
  readonly key: string
  readonly command: C
  readonly panel: KeyPlace
  /** The only mode in which it is valid; null when it is in both. */
  readonly mode: Mode | null
  readonly description: string
  /** Asked about before it is done. */
  readonly dangerous: boolean
}

/** The one list of keys: dispatch, the bottom bar, `?` and docs/keys.md read it. Keys of one row mean the same. */
export const keyTable = [
  live('services', 's', 'stop', 'stop the container (SIGTERM: a clean hand-over)', true),
  live('services', 't', 'start', 'start the container, whatever took it down'),
  live('services', 'r', 'restart', 'restart the container', true),
  live('services', 'K', 'kill', 'kill the container (SIGKILL: a crash)', true),
  live('services', 'p', 'pause', 'pause the container, or let it go on', true),
  live('traffic', 'space', 'traffic on/off', 'traffic on or off'),
  live('traffic', '+ =', 'more writes', 'more writes a second'),
  live('traffic', '-', 'fewer writes', 'fewer writes a second'),
  live('traffic', ']', 'more reads', 'more reads a second'),
  live('traffic', '[', 'fewer reads', 'fewer reads a second'),
  live('any', 'f', 'fault', 'inject a fault', true),
  live('any', 'H', 'heal', 'heal everything'),
  live('any', 'x', 'scenarios', 'run a scenario', true),
  live('any', 'X', 'stop scenario', 'stop the scenario', true),
  live('any', 'a', 'audit', 'audit every write now'),
  replayed('space', 'pause or play', 'pause, or play on'),
  replayed(',', 'back 10 s', 'ten seconds back'),
  replayed('.', 'on 10 s', 'ten seconds on'),
  replayed('<', 'back 1 min', 'a minute back'),
  replayed('>', 'on 1 min', 'a minute on'),
  replayed('0', 'to the start', 'to the start'),
  bind('any', '1 2 3 4 5 6 7 8 9', 'panel', 'go to that panel'),
  bind('any', 'tab l right', 'next panel', 'next panel'),
  bind('any', 'shift+tab h left', 'previous panel', 'previous panel'),
  bind('any', 'j down', 'down', 'one row down'),
  bind('any', 'k up', 'up', 'one row up'),
  bind('any', 'pagedown', 'page down', 'ten rows down'),
  bind('any', 'pageup', 'page up', 'ten rows up'),
  bind('any', 'g home', 'first', 'first row'),
  bind('any', 'G end', 'last', 'last row'),
  bind('any', 'enter', 'enlarge', 'the panel alone on the screen'),
  bind('any', 'esc', 'back', 'back; clears the filter'),
  bind('any', '/', 'filter', 'filter the events'),
  bind('any', '?', 'help', 'this help'),
  bind('any', 'q ctrl+c', 'quit', 'quit; the cluster goes on'),
  bind('dialog', 'y enter', 'confirm', 'do it'),
  bind('dialog', 'n esc', 'cancel', 'leave it'),
  live('dialog', 'H', 'heal', 'heal everything'),
  bind('dialog', 'ctrl+c', 'quit', 'quit; the cluster goes on'),
  live('menu', 'down j', 'down', 'the row below'),
  live('menu', 'up k', 'up', 'the row above'),
  live('menu', 'pagedown', 'page down', 'ten rows on'),
  live('menu', 'pageup', 'page up', 'ten rows back'),
  live('menu', 'right l', 'next aim', 'another target'),
  live('menu', 'left h', 'previous aim', 'the target before it'),
  live('menu', 'enter', 'choose', 'choose it; asks before anything is done'),
  live('menu', 'esc', 'back', 'back'),
  live('menu', 'H', 'heal', 'heal everything'),
  live('menu', 'ctrl+c', 'quit', 'quit; the cluster goes on'),
  live('form', 'down tab', 'next field', 'next setting'),
  live('form', 'up shift+tab', 'previous field', 'setting before it'),
  live('form', 'backspace', 'erase', 'erase a character'),
  live('form', 'ctrl+u', 'clear field', 'clear the setting'),
  live('form', 'enter', 'accept', 'on; asks before anything is done'),
  live('form', 'esc', 'back', 'back'),
  live('form', 'ctrl+c', 'quit', 'quit; the cluster goes on'),
  bind('typing', 'enter', 'keep filter', 'keep the filter'),
  bind('typing', 'esc', 'clear filter', 'clear the filter'),
  bind('typing', 'backspace', 'erase', 'erase a character'),
  bind('typing', 'ctrl+c', 'quit', 'quit; the cluster goes on'),
].flat()

export type KeyBinding = (typeof keyTable)[number]

/** Whatever a key can ask for. */
export type Command = KeyBinding['command']

/** What keys do to the container of the row under the cursor: start it, or inject the fault of this name. */
export type ServiceCommand = Extract<Command, 'stop' | 'start' | 'restart' | 'kill' | 'pause'>

/** What a key means here: the panel's own meaning comes before the general one; null when it means nothing. */
export function commandOf(key: string, place: PlaceOfKeys, mode: Mode = 'live'): KeyBinding | null {
  return keyTable.find((binding) => binding.key === key && isValid(binding, place, mode)) ?? null
}

/** The keys that the bottom bar shows for a place, those of one command together, the place's own first. */
export function keysFor(place: PlaceOfKeys, mode: Mode = 'live'): readonly KeyBinding[] {
  const isOwn = ({ panel, mode: only }: KeyBinding) => panel !== 'any' || only === 'replay'
  return firstOfEach(keyTable.filter((binding) => isOwn(binding) && isValid(binding, place, mode)))
}

/** Whether the help lists it in this mode. */
export function isOfMode({ mode: only }: KeyBinding, mode: Mode): boolean {
  return only === null || only === mode
}

/** All keys of the same command and place, as they are printed on a keyboard: `j ↓`. */
export function keyLabels(binding: KeyBinding): string {
  if (binding.command === 'panel') return '1-9'
  return keyTable
    .filter((other) => other.command === binding.command && other.panel === binding.panel)
    .map((other) => labels[other.key] ?? other.key)
    .join(' ')
}

/** One binding for each command of a place. */
export function firstOfEach(bindings: readonly KeyBinding[]): readonly KeyBinding[] {
  return bindings.filter(
    (binding, index) =>
      bindings.findIndex((other) => other.command === binding.command && other.panel === binding.panel) === index,
  )
}

export const placeNames: Readonly<Record<KeyPlace, string>> = {
  any: 'everywhere',
  services: 'on a part or a container',
  traffic: 'Traffic',
  dialog: 'in a question',
  menu: 'in a list',
  form: 'among settings',
  typing: 'while typing a filter',
}

const labels: Readonly<Record<string, string>> = {
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  'shift+tab': 'shift-tab',
  pageup: 'pgup',
  pagedown: 'pgdn',
  'ctrl+c': 'ctrl-c',
  'ctrl+u': 'ctrl-u',
}

function bind<const C extends string>(
  panel: KeyPlace,
  keys: string,
  command: C,
  description: string,
  { mode = null, dangerous = false }: Partial<Pick<Binding<C>, 'mode' | 'dangerous'>> = {},
): readonly Binding<C>[] {
  return keys.split(' ').map((key) => ({ key, command, panel, mode, description, dangerous }))
}

/** Keys that do something to the lab. */
function live<const C extends string>(
  panel: KeyPlace,
  keys: string,
  command: C,
  description: string,
  dangerous = false,
): readonly Binding<C>[] {
  return bind(panel, keys, command, description, { mode: 'live', dangerous })
}

function replayed<const C extends string>(key: string, command: C, description: string): readonly Binding<C>[] {
  return bind('any', key, command, description, { mode: 'replay' })
}

function isValid(binding: KeyBinding, place: PlaceOfKeys, mode: Mode): boolean {
  const { panel } = binding
  if (!isOfMode(binding, mode)) return false
  if (typeof place === 'string') return panel === place
  return panel === 'any' || panel === place.id || (panel === 'services' && place.rowsAre !== undefined)
}
