import { cutWords, wrapText } from '../../draw/cells.ts'
import { age, lasted, runTime } from '../../draw/format.ts'
import { fitLine, join, type Line, line, lineWidth, type Span, type Style, span, spread } from '../../draw/line.ts'
import type { Panel, PanelContent, Scene } from '../../draw/panel.ts'
import { scrollTo } from '../../draw/table.ts'
import type { ScenarioProgress, ScenarioStep } from '../../model/scenario-progress.ts'
import type { State } from '../../model/state.ts'

/** The steps of the scenario: what is done and how long it took, what is awaited and for how long, what is to come. */
export const scenarioPanel: Panel = {
  id: 'scenario',
  title: 'Scenario',
  draw,
  inputs: ({ scenario, audited }) => [scenario, audited],
  everyMs: 500,
  size(state) {
    const rows = scenarioRows(state)
    return rows === 0 ? null : { least: 5, wanted: 2 + Math.min(12, rows) }
  },
  column: 'clients',
  row: 2,
  rank: 30,
}

function draw({ state, nowMs, width, height }: Scene): PanelContent {
  const { scenario } = state
  if (scenario === null) return { summary: line(span('none so far', 'dim')), lines: [] }
  const end = endLines(state, scenario, width)
  const rows = scenario.steps.flatMap((step, index) => stepRows(step, index, { nowMs, width, scenario }))
  const room = Math.max(1, height - end.length)
  const current = rows.findLastIndex(({ isCurrent }) => isCurrent)
  const first = scrollTo(rows.length, current < 0 ? rows.length : current, room)
  return {
    summary: summaryOf(scenario, { nowMs, width, isCollapsed: height < 2 }),
    lines: [...rows.slice(first, first + room).map(({ spans }) => spans), ...end].slice(0, height),
  }
}

/** How many rows all of it takes; none while there is no scenario. */
function scenarioRows({ scenario, audited }: State): number {
  if (scenario === null) return 0
  const { steps, ended } = scenario
  const failed = steps.filter(({ error }) => error !== null).length
  if (ended === null) return steps.length + 1
  return steps.length + failed + (audited !== null && audited.atMs >= ended.atMs ? 4 : 2)
}

interface Row {
  readonly spans: Line
  readonly isCurrent: boolean
}

interface StepScene {
  readonly nowMs: number
  readonly width: number
  readonly scenario: ScenarioProgress
}

/** ` ▸ 3 wait until another node leads (within 60 s)      12.3 s`, and below it what goes on within or went wrong. */
function stepRows(step: ScenarioStep, index: number, { nowMs, width, scenario }: StepScene): Row[] {
  const { beganMs, endedMs, error, within, text } = step
  const isCurrent = beganMs !== null && endedMs === null && scenario.ended === null
  const [sign, style] = signOf(step, isCurrent)
  const length =
    beganMs === null
      ? ''
      : endedMs === null
        ? age((scenario.ended?.atMs ?? nowMs) - beganMs)
        : lasted(endedMs - beganMs)
  const number = String(index + 1).padStart(String(scenario.steps.length).length)
  const right = line(' ', span(length, isCurrent ? 'bold' : 'dim'), ' ')
  const start = line(' ', span(sign, style), ' ', span(`${number} `, 'dim'))
  const told = cutWords(text, width - lineWidth(start) - lineWidth(right))
  const spans = spread([...start, span(told, isCurrent ? 'bold' : style)], right, width)
  const below: Span[] = [
    ...(error === null ? [] : wrapText(error, width - 8).map((each) => span(`✗ ${each}`, 'bad'))),
    ...(isCurrent && within !== null ? [span(within, 'plain')] : []),
  ]
  return [{ spans, isCurrent }, ...below.map((each) => ({ spans: fitLine(line('     ', each), width), isCurrent }))]
}

function signOf({ beganMs, endedMs, error }: ScenarioStep, isCurrent: boolean): readonly [string, Style] {
  if (error !== null) return ['✗', 'bad']
  if (isCurrent) return ['▸', 'accent']
  if (endedMs !== null) return ['✓', 'good']
  return beganMs === null ? ['·', 'dim'] : ['–', 'warn']
}

/** The name and how far it has come; what is awaited only where the steps are not in sight. */
function summaryOf(
  { name, steps, ended, startedMs }: ScenarioProgress,
  { nowMs, width, isCollapsed }: { readonly nowMs: number; readonly width: number; readonly isCollapsed: boolean },
): Line {
  const running = steps.findLast(({ beganMs, endedMs }) => beganMs !== null && endedMs === null)
  const done = steps.filter(({ endedMs, error }) => endedMs !== null && error === null).length
  const state = ended !== null ? howWords(ended.how) : line(span(`${done} of ${steps.length} done`, 'accent'))
  if (ended === null && isCollapsed && running?.beganMs != null) {
    const length = ` ${age(nowMs - running.beganMs)}`
    const room = width - COLLAPSED_LEFT - lineWidth(state) - length.length
    return join([state, line(cutWords(running.text, room), span(length, 'bold'))])
  }
  const length = ended === null ? age(nowMs - startedMs) : ''
  const room = width - (isCollapsed ? COLLAPSED_LEFT : FRAMED_LEFT) - lineWidth(state) - length.length
  return join([line(span(cutWords(name, room), 'dim')), state, length === '' ? [] : line(span(length, 'dim'))])
}

/** What stands before and between in a panel of one row, and in a frame's title. */
const COLLAPSED_LEFT = 20
const FRAMED_LEFT = 26

function howWords(how: NonNullable<ScenarioProgress['ended']>['how']): Line {
  if (how === 'done') return line(span('✓ steps done', 'good'))
  return line(span(how === 'failed' ? '✗ a step failed' : '– stopped', how === 'failed' ? 'bad' : 'warn'))
}

/** How the steps ended, and what the audit found: what the scenario expects of the figures is judged elsewhere. */
function endLines({ audited }: State, scenario: ScenarioProgress, width: number): Line[] {
  const { ended, startedMs } = scenario
  if (ended === null) return []
  const how = line(' ', ...howWords(ended.how), span(` after ${age(ended.atMs - startedMs)}`, 'dim'))
  const isLater = audited !== null && audited.atMs >= ended.atMs
  const verdict = isLater ? audited.audit.verdict : null
  const style = verdict?.verdict === 'pass' ? 'good' : verdict?.verdict === 'fail' ? 'bad' : 'warn'
  const audit =
    verdict === null || audited === null
      ? []
      : wrapText(`audit at ${runTime(audited.audit.startedMs)}: ${verdict.verdict}: ${verdict.why}`, width - 2)
          .slice(0, 2)
          .map((text) => line(' ', span(text, style)))
  const rest = line(' ', span('what it expects of the figures is judged by chaoslab run', 'dim'))
  return [how, ...audit, rest].map((each) => fitLine(each, width))
}
