import { consequences } from '../model/consequences.ts'
import type { Verb } from '../model/events.ts'
import type { State } from '../model/state.ts'
import {
  type Command,
  firstOfEach,
  isOfMode,
  type KeyPlace,
  keyLabels,
  keyTable,
  type Mode,
  placeNames,
} from './keys.ts'
import { cellWidth, fitText, wrapText } from './text/cells.ts'
import { fitLine, type Line, line, lineWidth, span } from './text/line.ts'
import type { Ui } from './ui.ts'

export interface Overlay {
  readonly x: number
  readonly y: number
  readonly lines: readonly Line[]
}

/** The question before a dangerous command: what would remain, and the command that does the same by hand. */
export function dialogOverlay(state: State, dialog: NonNullable<Ui['dialog']>, columns: number, rows: number): Overlay {
  const { verb, service } = dialog
  const width = Math.min(columns - 4, 76)
  const container = state.containers[service]?.container?.name ?? service
  const remains = remaining(state, verb, service).flatMap((text) =>
    wrapText(text, width - 8).map((each, index) => (index === 0 ? `• ${each}` : `  ${each}`)),
  )
  const room = Math.max(1, rows - 11)
  const body: Line[] = [
    [],
    line('  ', span(`${verb} ${service}?`, 'bold')),
    [],
    ...(remains.length > room ? [...remains.slice(0, room - 1), '…'] : remains).map((text) => line(`  ${text}`)),
    ...(remains.length > 0 ? [[]] : []),
    line('  ', span(`docker ${verb} ${container}`, 'dim')),
    [],
    line(
      '  ',
      span('y', 'key'),
      ' or ',
      span('enter', 'key'),
      ' do it    ',
      span('n', 'key'),
      ' or ',
      span('esc', 'key'),
      ' leave it',
    ),
    [],
  ]
  return centred(boxed(body, width, verb), columns, rows)
}

function remaining(state: State, verb: Verb, service: string): string[] {
  try {
    return consequences(state, verb, service)
  } catch (error) {
    return [`What would remain cannot be told: ${error}`]
  }
}

/** Every key by the place where it works, and what the signs mean. */
export function helpOverlay(columns: number, rows: number, mode: Mode = 'live'): Overlay {
  const width = Math.min(columns, 112)
  const height = rows - 2
  const beside = Math.max(1, Math.min(2, Math.floor((width - 4) / 36)))
  const sections = [...keySections(mode), legend]
  const spaced = sections.flatMap((section, index) => (index === 0 ? section : [[], ...section]))
  const entries = spaced.length <= height * beside ? spaced : sections.flat()
  const tall = Math.min(height, Math.ceil(entries.length / beside))
  const cell = Math.floor((width - 3) / beside) - 1
  const body = Array.from({ length: tall }, (_, row) => [
    span(' '),
    ...Array.from({ length: beside }, (_unused, column) => entries[column * tall + row] ?? []).flatMap((entry) => [
      ...fitLine(entry, cell),
      span(' '),
    ]),
  ])
  return centred(boxed(body, width, 'Keys (any key closes this)'), columns, rows)
}

function keySections(mode: Mode): Line[][] {
  const listed = firstOfEach(keyTable.filter((binding) => isOfMode(binding, mode)))
  return (Object.keys(placeNames) as KeyPlace[]).flatMap((place) => {
    const bindings = listed.filter(({ panel, command }) => panel === place && isListed(place, command))
    const entries = bindings.map((binding) => {
      const isFocus = binding.command.startsWith('focus ')
      const label = isFocus ? '1-7' : `${keyLabels(binding)}${binding.dangerous ? ' !' : ''}`
      return line(span(fitText(label, LABEL), 'key'), isFocus ? 'go to a panel' : binding.description)
    })
    return entries.length === 0 ? [] : [[line(span(placeNames[place], 'bold')), ...entries]]
  })
}

/** The panels' numbers are one line together, and what is said of quitting once need not be said again. */
function isListed(place: KeyPlace, command: Command): boolean {
  if (command.startsWith('focus ')) return command === 'focus cluster'
  return command !== 'quit' || place === 'any'
}

const LABEL = 14

const legend: Line[] = [
  line(span('signs', 'bold')),
  line(span(fitText('!', LABEL), 'key'), 'asks first, says what would remain'),
  line(span(fitText('●', LABEL), 'good'), 'leader, running, UP'),
  line(span(fitText('○', LABEL), 'good'), 'follower, DOWN, paused'),
  line(span(fitText('✗', LABEL), 'bad'), 'unreachable or gone'),
  line(span(fitText('✓ ✗', LABEL), 'good'), 'of a phase: as predicted, or not'),
  line(span(fitText('?', LABEL), 'dim'), 'not seen, or nothing heard lately'),
]

function boxed(body: readonly Line[], width: number, title: string): Line[] {
  const inner = width - 2
  const name = cellWidth(title) > inner - 4 ? '' : ` ${title} `
  const top = line(
    span('╭─', 'accent'),
    span(name, 'accent'),
    span(`${'─'.repeat(inner - 1 - cellWidth(name))}╮`, 'accent'),
  )
  const side = span('│', 'accent')
  return [
    top,
    ...body.map((each) => [side, ...fitLine(each, inner), side]),
    line(span(`╰${'─'.repeat(inner)}╯`, 'accent')),
  ]
}

function centred(lines: readonly Line[], columns: number, rows: number): Overlay {
  const shown = lines.slice(0, rows)
  const width = lineWidth(shown[0] ?? [])
  return {
    x: Math.max(0, Math.floor((columns - width) / 2)),
    y: Math.max(0, Math.floor((rows - shown.length) / 2)),
    lines: shown,
  }
}
