import { age, count } from '../../../draw/format.ts'
import { fitLine, join, line, type Span, span } from '../../../draw/line.ts'
import { absence, type Panel, type PanelContent, type Scene } from '../../../draw/panel.ts'
import { sight } from '../../../model/sight.ts'
import type { State } from '../../../model/state.ts'
import type { ExecutorStatus, UnderWay } from '../events.ts'
import { EXECUTOR, shardedOf } from '../known.ts'

/** Which rule the executor follows, and how far it is with what. */
export const executorPanel: Panel = {
  id: 'executor',
  title: 'Executor',
  draw,
  inputs: ({ lab, system }) => [lab, system],
  everyMs: 250,
  rows: () => [EXECUTOR],
  rowsAre: 'parts',
  size: () => ({ least: 3, wanted: 6 }),
  rank: 30,
}

function draw({ state, nowMs, width, height }: Scene): PanelContent {
  const seen = sight(shardedOf(state).executor, nowMs)
  const absent = absence(seen)
  if (seen.type !== 'fresh') {
    const error = seen.type === 'unreachable' ? [fitLine(line(' ', span(seen.error, 'dim')), width)] : []
    return { summary: line(absent ?? span('not seen yet', 'dim')), lines: error.slice(0, height) }
  }
  const { protocol, underWay, underWayCount } = seen.value
  const notes = [...armed(seen.value), ...underWay.map((each) => stepOf(each, state, nowMs)), ...ended(seen.value)]
  return {
    summary: join([line(span(protocol, 'bold')), line(`${underWayCount} under way`)]),
    lines: notes.slice(0, height).map((note) => fitLine(line(' ', note), width)),
  }
}

function armed({ gates }: ExecutorStatus): Span[] {
  if (gates.length === 0) return []
  return [span(`armed: ${gates.map(({ gate, of }) => `${gate} of ${of}`).join(', ')}`, 'caution')]
}

function stepOf({ name, step, through, databases, gate, since }: UnderWay, state: State, nowMs: number): Span {
  const forMs = nowMs - (Date.parse(since) - Date.parse(state.startedAt ?? ''))
  const held = gate === null ? '' : `, held at ${gate}`
  const style = gate !== null ? 'warn' : forMs > 1_000 ? 'caution' : 'plain'
  return span(`${name}: ${step} ${through}/${databases}${held}, ${age(forMs, { isPrecise: true })}`, style)
}

/** Since it was started. */
function ended({ ended: counts }: ExecutorStatus): Span[] {
  const told = Object.entries(counts).filter(([, value]) => value > 0)
  if (told.length === 0) return []
  return [span(told.map(([type, value]) => `${count(value)} ${type}`).join(', '), 'dim')]
}
