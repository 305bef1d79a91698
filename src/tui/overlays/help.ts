import { fitText } from '../../draw/cells.ts'
import { fitLine, type Line, line, span } from '../../draw/line.ts'
import {
  type Command,
  firstOfEach,
  isOfMode,
  type KeyPlace,
  keyLabels,
  keyTable,
  type Mode,
  placeNames,
} from '../keys.ts'
import { boxed, centred, type Overlay } from './box.ts'

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
      const label = `${keyLabels(binding)}${binding.dangerous ? ' !' : ''}`
      return line(span(fitText(label, LABEL), 'key'), binding.description)
    })
    return entries.length === 0 ? [] : [[line(span(placeNames[place], 'bold')), ...entries]]
  })
}

/** What a list or a form takes stands below it, and some is said once for all. */
function isListed(place: KeyPlace, command: Command): boolean {
  if (place === 'menu' || place === 'form') return false
  return place === 'any' || (command !== 'quit' && command !== 'heal')
}

const LABEL = 14

const legend: Line[] = [
  line(span('signs', 'bold')),
  line(span(fitText('!', LABEL), 'key'), 'asks first, says what would remain'),
  line(span(fitText('●', LABEL), 'good'), 'leader, running, UP'),
  line(span(fitText('○', LABEL), 'good'), 'replica, DOWN, paused'),
  line(span(fitText('✗', LABEL), 'bad'), 'unreachable or gone'),
  line(span(fitText('✓ ✗', LABEL), 'good'), 'of a phase: as predicted, or not'),
  line(span(fitText('?', LABEL), 'dim'), 'not seen, or nothing heard lately'),
]
