import { cutWords, fitText, wrapText } from '../../draw/cells.ts'
import { fitLine, type Line, line, selectedLine, span } from '../../draw/line.ts'
import { scrollTo } from '../../draw/table.ts'
import type { ScenarioEntry } from '../control.ts'
import type { Menu } from '../ui-state.ts'
import { boxed, centred, keyHints, type Overlay } from './box.ts'

/** The scenario files of the lab; one with mistakes shows the first, one that lacks something what it needs. */
export function scenarioMenuOverlay(
  menu: Extract<Menu, { type: 'scenarios' }>,
  columns: number,
  rows: number,
): Overlay {
  const width = Math.min(columns - 2, 96)
  const { entries } = menu
  if (entries === null) return centred(boxed([[], line('  reading them…'), []], width, TITLE), columns, rows)
  if (entries.length === 0) {
    const text = 'there is none: YAML files in the folder scenarios, next to the lab definition, are listed here'
    const told = wrapText(text, width - 6).map((each) => line('  ', each))
    return centred(boxed([[], ...told, [], keyHints(['esc', 'back'])], width, TITLE), columns, rows)
  }
  const at = Math.max(
    0,
    entries.findIndex(({ file }) => file === menu.chosen),
  )
  const height = Math.max(3, Math.min(entries.length, rows - 10 - DETAIL_ROWS))
  const first = scrollTo(entries.length, at, height)
  const detail = detailOf(entries[at], width - 6)
  const body: Line[] = [
    [],
    ...entries.map((entry, index) => row(entry, index === at, width - 2)).slice(first, first + height),
    [],
    ...Array.from({ length: DETAIL_ROWS }, (_, index) => detail[index] ?? []),
    [],
    keyHints(['↑ ↓', 'scenario'], ['enter', 'run it'], ['esc', 'back']),
  ]
  return centred(boxed(body, width, TITLE), columns, rows)
}

const TITLE = 'run a scenario'
const DETAIL_ROWS = 4
const PATH_SHARE = 0.4

function row({ path, name, steps, problem, needs }: ScenarioEntry, isSelected: boolean, width: number): Line {
  const pathWidth = Math.floor(width * PATH_SHARE)
  const about = problem !== null ? 'has mistakes' : needs !== null ? 'needs more' : `${steps.length} steps`
  const canRun = problem === null && needs === null
  const aboutWidth = 12
  const nameWidth = Math.max(0, width - 5 - pathWidth - aboutWidth - 3)
  const spans = fitLine(
    line(
      isSelected ? ' ▸ ' : '   ',
      span(problem !== null ? '✗' : needs !== null ? '○' : ' ', problem === null ? 'dim' : 'bad'),
      ' ',
      span(fitText(path, pathWidth), canRun ? 'bold' : 'dim'),
      ' ',
      span(fitText(cutWords(name, nameWidth), nameWidth), 'plain'),
      ' ',
      span(fitText(about, aboutWidth, 'right'), problem === null ? 'dim' : 'bad'),
      ' ',
    ),
    width,
  )
  return isSelected ? selectedLine(spans) : spans
}

function detailOf(entry: ScenarioEntry | undefined, width: number): Line[] {
  if (entry === undefined) return []
  const { problem, needs, description, steps } = entry
  const text = problem ?? needs ?? (description === '' ? steps.join('; ') : description)
  const wrapped = wrapText(text, width)
  const rest = wrapped.slice(DETAIL_ROWS - 1).join(' ')
  const told = wrapped.length > DETAIL_ROWS ? [...wrapped.slice(0, DETAIL_ROWS - 1), cutWords(rest, width)] : wrapped
  return told.map((each) => line('  ', span(each, problem !== null ? 'bad' : needs !== null ? 'plain' : 'dim')))
}
