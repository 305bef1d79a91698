import type { OperationKind } from '../model/events.ts'
import type { State } from '../model/state.ts'
import { type KeyBinding, keyLabels, keysFor } from './keys.ts'
import { latestTick } from './panels/traffic.ts'
import { age, count, lasted, perSecond, runTime } from './text/format.ts'
import { fitLine, join, type Line, line, lineWidth, type Span, span, spread } from './text/line.ts'
import type { Ui } from './ui.ts'
import { keyWord } from './words/leader-key.ts'
import { overall } from './words/overall.ts'
import { type Ability, ability } from './words/writability.ts'

/** ` chaoslab hw3  3:07   HEALTHY   leader patroni1 …                    198 writes/s  400 reads/s ` */
export function topLine(state: State, nowMs: number, width: number): Line {
  const { word, style, why } = overall(state, nowMs)
  const isLoud = style === 'alarm' || style === 'caution'
  const key = keyWord(state, nowMs)
  const leader =
    key.type === 'held'
      ? line(span('leader ', 'dim'), span(key.holder, 'bold'), span(key.unconfirmedForMs === null ? '' : '?', 'warn'))
      : key.type === 'none'
        ? line(span('leader ', 'dim'), span('none', 'bad'))
        : []
  const left = line(
    ' ',
    span('chaoslab', 'accent'),
    ` ${state.lab?.name ?? ''}  `,
    span(runTime(nowMs), 'bold'),
    '  ',
    isLoud ? span(` ${word} `, style) : span(`● ${word}`, style),
    '  ',
    ...leader,
    why === '' ? '' : '  ',
    span(why, style === 'alarm' ? 'bad' : style === 'caution' ? 'warn' : 'dim'),
  )
  return spread(left, trafficWords(state, nowMs), width)
}

function trafficWords(state: State, nowMs: number): Line {
  const { settings } = state.traffic
  if (settings === null) return []
  if (!settings.isOn) return line(span('  traffic off ', 'dim'))
  const tick = latestTick(state, nowMs)
  const rate = (kind: OperationKind) =>
    tick === null ? '–' : perSecond((tick[kind].ok * 1_000) / Math.max(1, tick.windowMs))
  return line(
    '  ',
    span(rate('write'), 'bold'),
    span(' writes/s  ', 'dim'),
    span(rate('read'), 'bold'),
    span(' reads/s ', 'dim'),
  )
}

/** Whether clients can write and read, and what became of everything that they sent: always in sight. */
export function clientLine(state: State, nowMs: number, width: number): Line {
  const writes = ability(state, 'write', nowMs)
  const reads = ability(state, 'read', nowMs)
  const isShort = width < 100
  const totals = totalWords(state, isShort)
  const room = Math.max(0, width - lineWidth(totals))
  if (writes.type !== 'no') {
    const words = join(
      [line(' ', ...abilityWords('write', writes, isShort)), abilityWords('read', reads, isShort)],
      '  ',
    )
    return [...fitLine(words, room), ...totals]
  }
  const also = reads.type === 'no' ? `, cannot READ for ${age(reads.forMs, { isPrecise: true })}` : ''
  const full = ` ✗ ${isShort ? '' : 'clients '}cannot WRITE for ${age(writes.forMs, { isPrecise: true })}${also} `
  // The whole strip is one alarm, so that it is seen from across the room.
  return [...fitLine([span(`${full} ${outageWords(writes)}`, 'alarm')], room).map(alarmed), ...totals]
}

function alarmed(each: Span): Span {
  return { ...each, style: 'alarm' }
}

/** What clients get instead of an answer, the most frequent first. */
function outageWords(writes: Extract<Ability, { type: 'no' }>): string {
  const errors = Object.entries(writes.outage.errors).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  if (!writes.hadAnswer) return 'nothing was ever acknowledged'
  if (errors.length === 0) return 'no answer at all'
  return errors.map(([code, times]) => `${code} ×${times}`).join('  ')
}

function abilityWords(kind: OperationKind, can: Ability, isShort: boolean): Line {
  const clients = isShort ? '' : 'clients '
  switch (can.type) {
    case 'yes':
      return line(
        span(`✓ ${clients}can ${kind}`, 'good'),
        span(kind === 'write' && can.server && !isShort ? ` to ${can.server}` : '', 'dim'),
      )
    case 'no':
      return line(span(` ✗ cannot ${kind.toUpperCase()} for ${age(can.forMs, { isPrecise: true })} `, 'alarm'))
    case 'recovering':
      return line(span(`↑ ${kind}s ${isShort ? '' : 'answered '}again after ${lasted(can.afterMs)}`, 'warn'))
    case 'unknown': {
      const since = can.forMs === null ? 'yet' : `for ${age(can.forMs)}`
      return line(span(`? ${kind}s not probed ${since}`, 'dim'))
    }
  }
}

function totalWords(state: State, isShort: boolean): Line {
  const { write, read } = state.traffic.totals
  if (state.traffic.settings === null && write.ok + read.ok === 0) return []
  return line(
    span('  writes ', 'dim'),
    span(count(write.ok), 'bold'),
    span(isShort ? ' ok  ' : ' acknowledged  ', 'dim'),
    span(`${count(write.unknown)} unknown`, write.unknown > 0 ? 'warn' : 'dim'),
    '  ',
    span(`${count(write.failed)} failed `, write.failed > 0 ? 'bad' : 'dim'),
  )
}

/** The keys that work here, or the filter while it is typed, or why the last key did nothing. */
export function bottomLine(ui: Ui, width: number): Line {
  const hints = keysFor(ui.focus).map(hint)
  const right = [generalKeys(general), generalKeys(general.slice(-2))].find(
    (each) => lineWidth(join(hints, '  ')) + 1 + lineWidth(each) <= width,
  )
  const keys = right ?? generalKeys(general.slice(-2))
  if (ui.notice !== null) return spread(line(' ', span(`! ${ui.notice}`, 'warn')), keys, width)
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

/** Short words for the bar; the help has the sentences. */
const SHORT: Readonly<Partial<Record<KeyBinding['command'], string>>> = {
  stop: 'stop',
  start: 'start',
  restart: 'restart',
  kill: 'kill',
  pause: 'pause',
  'traffic on/off': 'on/off',
  'more writes': 'writes up',
  'fewer writes': 'down',
  'more reads': 'reads up',
  'fewer reads': 'down',
}

function hint(binding: KeyBinding): Line {
  return hintOf(keyLabels(binding).split(' ')[0] ?? '', SHORT[binding.command] ?? binding.command)
}

function hintOf(key: string, text: string): Line {
  return line(span(key, 'key'), ` ${text}`)
}

const general: readonly Line[] = [
  hintOf('1-7', 'panel'),
  hintOf('enter', 'enlarge'),
  hintOf('/', 'filter'),
  hintOf('?', 'help'),
  hintOf('q', 'quit'),
]

function generalKeys(hints: readonly Line[]): Line {
  return [span('  '), ...join(hints, '  '), span(' ')]
}
