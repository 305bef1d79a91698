import { wrapText } from '../../../draw/cells.ts'
import { age } from '../../../draw/format.ts'
import { fitLine, join, type Line, line, type Span, span } from '../../../draw/line.ts'
import { absence, type Panel, type PanelContent, type Scene } from '../../../draw/panel.ts'
import { sight } from '../../../model/sight.ts'
import type { State } from '../../../model/state.ts'
import type { PairStatus } from '../events.ts'
import { PROXY, pairOf } from '../known.ts'
import { tellHold, tellWhy } from '../words.ts'

/** Whom the proxy leads to, since when and why, and what it makes of the leader now. */
export const proxyPanel: Panel = {
  id: 'proxy',
  title: 'Proxy',
  draw,
  inputs: ({ lab, system }) => [lab, system],
  everyMs: 500,
  rows: () => [PROXY],
  rowsAre: 'parts',
  size: () => ({ least: 4, wanted: 7 }),
  rank: 30,
}

function draw({ state, nowMs, width, height }: Scene): PanelContent {
  const seen = sight(pairOf(state).status, nowMs)
  const absent = absence(seen)
  if (seen.type !== 'fresh') {
    const last = pairOf(state).status.value
    const error = seen.type === 'unreachable' ? [span(seen.error, 'dim')] : []
    const was = last === null ? [] : [span(`led to ${last.leadsTo}, epoch ${last.epoch}`, 'dim')]
    return { summary: line(absent ?? span('not seen yet', 'dim')), lines: rowsOf([...error, ...was], width, height) }
  }
  const { rule, leadsTo, sessions } = seen.value
  return {
    summary: join([line('leads to ', span(leadsTo, 'bold')), line(span(`${rule} rule`, 'dim'))]),
    lines: rowsOf(
      [...led(seen.value, state, nowMs), ...checked(seen.value), span(`${sessions} sessions`, 'dim')],
      width,
      height,
    ),
  }
}

function rowsOf(notes: readonly Span[], width: number, height: number): Line[] {
  return notes
    .flatMap((note) =>
      wrapText(note.text, width - 3).map((text, index) => [index === 0 ? ' ' : '   ', { ...note, text }] as const),
    )
    .slice(0, height)
    .map((parts) => fitLine(line(...parts), width))
}

function led({ leadsTo, epoch, since, promotions }: PairStatus, state: State, nowMs: number): Span[] {
  const last = promotions.at(-1)
  const forMs = nowMs - (Date.parse(since) - Date.parse(state.startedAt ?? ''))
  const how = `to ${leadsTo} for ${age(forMs)}, epoch ${epoch}`
  if (last === undefined) return [span(how)]
  const verdict = pairOf(state).promotions.find((each) => each.epoch === last.epoch)?.verdict
  const result =
    last.result === null
      ? span(`${last.node} is being promoted`, 'warn')
      : last.result.type === 'failed'
        ? span(`${last.node} could not be promoted: ${last.result.error}`, 'bad')
        : null
  return [
    span(how),
    ...(verdict === 'false' ? [span(`false promotion: ${last.from} still took writes`, 'bad')] : []),
    ...(result === null ? [] : [result]),
    span(`not to ${last.from}, as ${tellWhy(last.why)}`, 'dim'),
  ]
}

/** The latest look at both servers, where the rule looks. */
function checked({ check, hold }: PairStatus): Span[] {
  if (check === null) return []
  if (check.leaderError === null) {
    const heard = check.receiver === null ? `${check.standby} does not hear it` : `${check.standby} hears it`
    return [span(`check: ${check.leader} answers, ${heard}`, check.receiver === null ? 'warn' : 'plain')]
  }
  const held = hold !== null && Date.parse(hold.until) >= Date.parse(check.at) ? `; ${tellHold(hold.why)}` : ''
  return [span(`check: ${check.leader} does not answer (${check.leaderError})${held}`, 'bad')]
}
