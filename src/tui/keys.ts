import type { PanelId } from './panel-id.ts'

/** Whatever a key can ask for. */
export type Command =
  | `focus ${PanelId}`
  | 'next panel'
  | 'previous panel'
  | 'up'
  | 'down'
  | 'page up'
  | 'page down'
  | 'first'
  | 'last'
  | 'enlarge'
  | 'back'
  | 'filter'
  | 'help'
  | 'quit'
  | 'stop'
  | 'start'
  | 'restart'
  | 'kill'
  | 'pause'
  | 'traffic on/off'
  | 'more writes'
  | 'fewer writes'
  | 'more reads'
  | 'fewer reads'
  | 'confirm'
  | 'cancel'
  | 'keep filter'
  | 'clear filter'
  | 'erase'

/**
 * Where a key is valid: in one panel, in all of them (`any`), in those whose rows stand for a container (`services`),
 * in the question before a dangerous command (`dialog`), or while the filter is typed (`typing`).
 */
export type KeyPlace = PanelId | 'any' | 'services' | 'dialog' | 'typing'

export interface KeyBinding {
  /** A character as typed, or `up`, `enter`, `esc`, `tab`, `shift+tab`, `space`, `ctrl+c`, … */
  readonly key: string
  readonly command: Command
  readonly panel: KeyPlace
  readonly description: string
  /** Asked about before it is done. */
  readonly dangerous: boolean
}

/** Panels in which the service keys work: their rows are nodes, members, servers or containers. */
export const servicePanels: readonly PanelId[] = ['cluster', 'etcd', 'haproxy', 'containers']

/** The one list of keys: dispatch, the bottom bar, `?` and the README read it. Keys of one command share its text. */
export const keyTable: readonly KeyBinding[] = [
  bind('services', 's', 'stop', 'stop the container (SIGTERM: a clean hand-over)', true),
  bind('services', 't', 'start', 'start the container'),
  bind('services', 'r', 'restart', 'restart the container', true),
  bind('services', 'K', 'kill', 'kill the container (SIGKILL: a crash)', true),
  bind('services', 'p', 'pause', 'pause the container, or let it go on', true),
  bind('traffic', 'space', 'traffic on/off', 'traffic on or off'),
  bind('traffic', '+', 'more writes', 'more writes a second'),
  bind('traffic', '=', 'more writes', 'more writes a second'),
  bind('traffic', '-', 'fewer writes', 'fewer writes a second'),
  bind('traffic', ']', 'more reads', 'more reads a second'),
  bind('traffic', '[', 'fewer reads', 'fewer reads a second'),
  bind('any', '1', 'focus cluster', 'go to Cluster'),
  bind('any', '2', 'focus etcd', 'go to etcd'),
  bind('any', '3', 'focus haproxy', 'go to HAProxy'),
  bind('any', '4', 'focus containers', 'go to Containers'),
  bind('any', '5', 'focus traffic', 'go to Traffic'),
  bind('any', '6', 'focus failovers', 'go to Failovers'),
  bind('any', '7', 'focus events', 'go to Events'),
  bind('any', 'tab', 'next panel', 'next panel'),
  bind('any', 'l', 'next panel', 'next panel'),
  bind('any', 'right', 'next panel', 'next panel'),
  bind('any', 'shift+tab', 'previous panel', 'previous panel'),
  bind('any', 'h', 'previous panel', 'previous panel'),
  bind('any', 'left', 'previous panel', 'previous panel'),
  bind('any', 'j', 'down', 'one row down'),
  bind('any', 'down', 'down', 'one row down'),
  bind('any', 'k', 'up', 'one row up'),
  bind('any', 'up', 'up', 'one row up'),
  bind('any', 'pagedown', 'page down', 'ten rows down'),
  bind('any', 'pageup', 'page up', 'ten rows up'),
  bind('any', 'g', 'first', 'first row'),
  bind('any', 'home', 'first', 'first row'),
  bind('any', 'G', 'last', 'last row'),
  bind('any', 'end', 'last', 'last row'),
  bind('any', 'enter', 'enlarge', 'the panel alone on the screen'),
  bind('any', 'esc', 'back', 'back; clears the filter'),
  bind('any', '/', 'filter', 'filter the events'),
  bind('any', '?', 'help', 'this help'),
  bind('any', 'q', 'quit', 'quit; the cluster goes on'),
  bind('any', 'ctrl+c', 'quit', 'quit; the cluster goes on'),
  bind('dialog', 'y', 'confirm', 'do it'),
  bind('dialog', 'enter', 'confirm', 'do it'),
  bind('dialog', 'n', 'cancel', 'leave it'),
  bind('dialog', 'esc', 'cancel', 'leave it'),
  bind('dialog', 'ctrl+c', 'quit', 'quit; the cluster goes on'),
  bind('typing', 'enter', 'keep filter', 'keep the filter'),
  bind('typing', 'esc', 'clear filter', 'clear the filter'),
  bind('typing', 'backspace', 'erase', 'erase a character'),
  bind('typing', 'ctrl+c', 'quit', 'quit; the cluster goes on'),
]

/** What a key means here: the panel's own meaning comes before the general one; null when it means nothing. */
export function commandOf(key: string, place: PanelId | 'dialog' | 'typing'): KeyBinding | null {
  return keyTable.find((binding) => binding.key === key && isValid(binding.panel, place)) ?? null
}

/** The keys that the bottom bar shows for a place, those of one command together, the place's own first. */
export function keysFor(place: PanelId | 'dialog' | 'typing'): readonly KeyBinding[] {
  return firstOfEach(keyTable.filter((binding) => binding.panel !== 'any' && isValid(binding.panel, place)))
}

/** All keys of the same command and place, as they are printed on a keyboard: `j ↓`. */
export function keyLabels(binding: KeyBinding): string {
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
  services: 'Cluster, etcd, HAProxy, Containers',
  cluster: 'Cluster',
  etcd: 'etcd',
  haproxy: 'HAProxy',
  containers: 'Containers',
  traffic: 'Traffic',
  failovers: 'Failovers',
  events: 'Events',
  dialog: 'in a question',
  typing: 'while typing a filter',
}

/** The list of keys as a Markdown table, for the README. */
export function keysAsMarkdown(): string {
  const rows = firstOfEach(keyTable).map((binding) => {
    const keys = keyLabels(binding)
      .split(' ')
      .map((label) => `\`${label}\``)
      .join(' ')
    return `| ${keys} | ${placeNames[binding.panel]} | ${binding.description}${binding.dangerous ? ' (asks first)' : ''} |`
  })
  return ['| key | where | what it does |', '|---|---|---|', ...rows, ''].join('\n')
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
}

function bind(panel: KeyPlace, key: string, command: Command, description: string, dangerous = false): KeyBinding {
  return { key, command, panel, description, dangerous }
}

function isValid(panel: KeyPlace, place: PanelId | 'dialog' | 'typing'): boolean {
  if (panel === place) return true
  if (place === 'dialog' || place === 'typing') return false
  return panel === 'any' || (panel === 'services' && servicePanels.includes(place))
}
