import { cellWidth } from '../draw/cells.ts'
import { join, type Line, line, lineWidth, span, spread } from '../draw/line.ts'
import type { State } from '../model/state.ts'
import { type KeyBinding, keyLabels, keysFor, type Mode } from './keys.ts'
import { type Notice, noticeText } from './notice.ts'
import { focusedPanel, panelsOf } from './panels/panels.ts'
import type { Ui } from './ui-state.ts'
import { overall } from './words/overall.ts'

/** The keys that work here, or the filter while it is typed, or why the last key did nothing. */
export function bottomLine(
  ui: Ui,
  state: State,
  {
    width,
    mode = 'live',
    alarm = null,
  }: { readonly width: number; readonly mode?: Mode; readonly alarm?: string | null },
): Line {
  const hints = keysFor(focusedPanel(ui, state), mode).map(hint)
  const numbers = hintOf(`1-${Math.min(9, panelsOf(state).length)}`, 'panel')
  const forms = mode === 'live' ? liveForms(numbers) : replayForms(numbers)
  const fitting = forms.map(generalKeys).find((each) => lineWidth(join(hints, '  ')) + 1 + lineWidth(each) <= width)
  const keys = fitting ?? generalKeys(forms.at(-1) ?? [])
  if (ui.notice !== null && fitsBar(ui.notice, width))
    return spread(
      line(' ', ...noticeWords(ui.notice, alarm)),
      noticeKeys(ui.notice, { all: keys, fewest: generalKeys(forms.at(-1) ?? []) }, width),
      width,
    )
  if (ui.isTyping) {
    const endings = join([hintOf('enter', 'keep'), hintOf('esc', 'clear')], '  ')
    return spread(
      line(' ', span('filter /', 'accent'), ui.filter, span(' ', 'caution')),
      [...endings, span(' ')],
      width,
    )
  }
  return spread([span(' '), ...join(hints, '  ')], keys, width)
}

/** What is told before any good news: the state in a word, while it is one that cannot wait. */
export function alarmOf(state: State, nowMs: number): string | null {
  const { word, style } = overall(state, nowMs)
  return style === 'alarm' ? word : null
}

/** Good news does not outshine a state that cannot wait. */
function noticeWords(notice: Notice, alarm: string | null = null): Line {
  if (!notice.isGood) return line(span(`! ${notice.text}`, 'warn'))
  if (alarm === null) return line(span(noticeText(notice), 'good'))
  return line(span(` ${alarm} `, 'alarm'), ` ${notice.text}`)
}

function noticeKeys(
  notice: Notice,
  { all, fewest }: { readonly all: Line; readonly fewest: Line },
  width: number,
): Line {
  return cellWidth(noticeText(notice)) + 4 + lineWidth(all) <= width ? all : fewest
}

/** Whether a notice has room in the bottom bar, the last keys beside it; otherwise it has a box of its own. */
export function fitsBar(notice: Notice, width: number): boolean {
  return cellWidth(noticeText(notice)) + 4 + lineWidth(generalKeys(fewest)) <= width
}

/** Short words for the bar where the command's own are long; the help has the sentences. */
const SHORT: Readonly<Partial<Record<KeyBinding['command'], string>>> = {
  'traffic on/off': 'on/off',
  'more writes': 'writes up',
  'fewer writes': 'down',
  'more reads': 'reads up',
  'fewer reads': 'down',
  'pause or play': 'pause',
  'back 10 s': '-10 s',
  'on 10 s': '+10 s',
  'back 1 min': '-1 min',
  'on 1 min': '+1 min',
  'to the start': 'start',
}

function hint(binding: KeyBinding): Line {
  return hintOf(keyLabels(binding).split(' ')[0] ?? '', SHORT[binding.command] ?? binding.command)
}

function hintOf(key: string, text: string): Line {
  return line(span(key, 'key'), ` ${text}`)
}

const [enlarge, filter, help, quit] = [
  hintOf('enter', 'enlarge'),
  hintOf('/', 'filter'),
  hintOf('?', 'help'),
  hintOf('q', 'quit'),
]

const [fault, heal, scenario, audit] = [
  hintOf('f', 'fault'),
  hintOf('H', 'heal'),
  hintOf('x', 'scenario'),
  hintOf('a', 'audit'),
]

const fewest = [heal, help, quit]

/** From everything to what is never left out. */
const liveForms = (panel: Line): readonly (readonly Line[])[] => [
  [fault, heal, scenario, audit, panel, enlarge, filter, help, quit],
  [fault, heal, scenario, audit, filter, help, quit],
  [fault, heal, scenario, help, quit],
  [fault, heal, help, quit],
  fewest,
]

const replayForms = (panel: Line): readonly (readonly Line[])[] => [
  [panel, enlarge, filter, help, quit],
  [help, quit],
]

function generalKeys(hints: readonly Line[]): Line {
  return [span('  '), ...join(hints, '  '), span(' ')]
}
