import { wrapText } from '../../draw/cells.ts'
import { type Line, line, span } from '../../draw/line.ts'
import type { State } from '../../model/state.ts'
import { preview } from '../../systems/preview.ts'
import type { FaultConsole, ScenarioEntry } from '../control.ts'
import { aimOf } from '../picking.ts'
import type { Question } from '../ui-state.ts'
import { boxed, centred, keyHints, type Overlay, shortened, wrapWhole } from './box.ts'

/** The question before something dangerous: what would be done, what would remain, and the command that does the same. */
export function questionOverlay(
  state: State,
  question: Question,
  {
    columns,
    rows,
    console,
  }: { readonly columns: number; readonly rows: number; readonly console: FaultConsole | null },
): Overlay {
  const width = Math.min(columns - 4, 84)
  const { title, ask, notes, command } = contentsOf(state, question, console)
  const asked = wrapWhole(ask, width - 6).map((text) => line('  ', span(text, 'bold')))
  const shown = command === null ? [] : wrapWhole(command, width - 6).map((text) => line('  ', span(text, 'dim')))
  const told = notes.flatMap((note) =>
    wrapText(note, width - 8).map((text, row) => line(row === 0 ? '  • ' : '    ', text)),
  )
  // Frame, empty rows and the keys.
  const room = Math.max(1, rows - 7 - asked.length - (shown.length > 0 ? shown.length + 1 : 0))
  const body: Line[] = [
    [],
    ...asked,
    [],
    ...shortened(told, room - 1, () => line('  …')),
    ...(told.length > 0 ? [[]] : []),
    ...(shown.length > 0 ? [...shown, []] : []),
    keyHints(['y enter', 'do it'], ['n esc', 'leave it']),
    ...(rows >= 20 ? [[]] : []),
  ]
  return centred(boxed(body, width, title), columns, rows)
}

interface Contents {
  readonly title: string
  readonly ask: string
  readonly notes: readonly string[]
  readonly command: string | null
}

function contentsOf(state: State, question: Question, console: FaultConsole | null): Contents {
  switch (question.type) {
    case 'inject': {
      const { order, text } = question
      const command = console?.command(order) ?? null
      return {
        title: `${order.kind} of ${order.target}`,
        ask: `${text}?`,
        notes: notesOf(state, question, console),
        command,
      }
    }
    case 'run scenario':
      return ofScenario(question.entry)
    case 'heal others':
      return {
        title: 'heal what others hold',
        ask: 'heal what other processes have in force here?',
        notes: [
          ...question.others.map(({ pid, texts }) => `Process ${pid}, which still runs: ${texts.join('; ')}.`),
          'Their runs are told who did it, and are inconclusive then.',
        ],
        command: 'chaoslab heal',
      }
    case 'stop scenario':
      return {
        title: 'stop the scenario',
        ask: `stop ${question.name}?`,
        notes: ['What it has in force is healed, and its settings of the cluster are put back.'],
        command: null,
      }
  }
}

function notesOf(
  state: State,
  { order }: Extract<Question, { type: 'inject' }>,
  console: FaultConsole | null,
): string[] {
  const { parts } = console === null ? { parts: [] } : aimOf(order.target, state, console)
  if (parts.length === 0) return [`${order.target} is nobody at this moment.`]
  const names = parts.map(({ name }) => name)
  const said = names.join(', ')
  const aimed = said === order.target ? [] : [`${order.target} is ${said} now, and looked for again when it is done.`]
  const kind = console?.kinds.find(({ type }) => type === order.kind)
  if (kind === undefined) return aimed
  const back = kind.effects.includes('over-at-once') ? [] : ['H puts it back, and so does leaving the lab.']
  return [...aimed, ...preview(kind, parts, state), ...back]
}

function ofScenario({ name, description, steps, changes, expects, command }: ScenarioEntry): Contents {
  return {
    title: 'run a scenario',
    ask: `run ${name}, once, in this lab?`,
    // The last give way where the room is short.
    notes: [
      ...changes,
      `Here its steps and the audit are judged; its ${expects.length} expectations are by the command below.`,
      ...(description === '' ? [] : [description]),
      `${steps.length} steps: ${steps.join('; ')}.`,
    ],
    command,
  }
}
