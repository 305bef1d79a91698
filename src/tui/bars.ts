import { age, count, lasted, perSecond, runTime } from '../draw/format.ts'
import { fitLine, join, type Line, line, lineWidth, type Span, span, spread } from '../draw/line.ts'
import { type Ability, ability } from '../model/ability.ts'
import type { OperationKind } from '../model/events.ts'
import type { State } from '../model/state.ts'
import { sum } from '../model/sum.ts'
import { standingOf } from '../systems/standing.ts'
import { subjectsOf } from '../systems/state.ts'
import type { Playback } from './control.ts'
import { aSecond, latestTick } from './panels/traffic.ts'
import { type Auditing, lossWords } from './words/loss.ts'
import { overall } from './words/overall.ts'

/** ` chaoslab hw3  3:07   HEALTHY   leader patroni1 …                    198 writes/s  400 reads/s ` */
export function topLine(state: State, nowMs: number, width: number, replay: Playback | null = null): Line {
  const { word, style, why } = overall(state, nowMs)
  const isLoud = style === 'alarm' || style === 'caution'
  const left = line(
    ...(replay === null ? liveTime(state, nowMs) : playedTime(state, nowMs, replay, width < 100)),
    isLoud ? span(` ${word} `, style) : span(`● ${word}`, style),
    '  ',
    ...leaderWords(state, nowMs),
  )
  const right = trafficWords(state, nowMs)
  const room = width - lineWidth(left) - lineWidth(right) - 2
  // Its first letters alone tell nothing.
  const isTold = why !== '' && room >= Math.min(why.length, LEAST_OF_WHY)
  const told = line('  ', span(why, style === 'alarm' ? 'bad' : style === 'caution' ? 'warn' : 'dim'))
  return spread(isTold ? [...left, ...told] : left, right, width)
}

const LEAST_OF_WHY = 10

/** `leader patroni1?` */
function leaderWords(state: State, nowMs: number): Line {
  const { leader } = standingOf(state, nowMs)
  if (leader === null) return []
  const { title, names, isConfirmed } = leader
  if (names.length === 0) return line(span(`${title} `, 'dim'), span('none', 'bad'))
  return line(span(`${title} `, 'dim'), span(names.join(', '), 'bold'), span(isConfirmed ? '' : '?', 'warn'))
}

function liveTime(state: State, nowMs: number): Line {
  return line(' ', span('chaoslab', 'accent'), ` ${state.lab?.name ?? ''}  `, span(runTime(nowMs), 'bold'), '  ')
}

/** ` REPLAY  hw3  0:36 of 0:54  PAUSED  ` */
function playedTime(state: State, nowMs: number, { endMs, isPaused }: Playback, isShort: boolean): Line {
  const motion = isPaused ? span(' PAUSED ', 'caution') : span(nowMs >= endMs ? 'at its end' : 'playing', 'dim')
  return line(
    span(' REPLAY ', 'key'),
    isShort ? ' ' : ` ${state.lab?.name ?? ''}  `,
    span(runTime(nowMs), 'bold'),
    span(` of ${runTime(endMs)}`, 'dim'),
    '  ',
    motion,
    '  ',
  )
}

function trafficWords(state: State, nowMs: number): Line {
  const subjects = subjectsOf(state).map((each) => each.state)
  const settings = subjects[0]?.traffic.settings ?? null
  if (settings === null) return []
  if (!settings.isOn) return line(span('  traffic off ', 'dim'))
  const ticks = subjects.map((own) => latestTick(own, nowMs)).filter((tick) => tick !== null)
  const rate = (kind: OperationKind) => {
    return ticks.length === 0 ? '–' : perSecond(sum(ticks.map((tick) => aSecond(tick[kind].ok, tick))))
  }
  return line(
    '  ',
    span(rate('write'), 'bold'),
    span(' writes/s  ', 'dim'),
    span(rate('read'), 'bold'),
    span(' reads/s ', 'dim'),
  )
}

/**
 * Whether clients can write and read, and what became of everything that they sent: always in sight. In a lab of several
 * systems it is that of the one whose clients fare worst.
 */
export function clientLine(state: State, width: number, auditing: Auditing): Line {
  const [worst] = subjectsOf(state).toSorted((a, b) => fare(a.state, auditing.nowMs) - fare(b.state, auditing.nowMs))
  if (worst === undefined || worst.name === null) return clientLineOf(state, width, auditing)
  const name = ` ${worst.name}:`
  return [span(name, 'bold'), ...clientLineOf(worst.state, width - name.length, auditing)]
}

/** The lower, the worse. */
function fare(state: State, nowMs: number): number {
  const of = (kind: OperationKind) => FARES.indexOf(ability(state, kind, nowMs).type)
  return of('write') * FARES.length + of('read')
}

const FARES: readonly Ability['type'][] = ['no', 'recovering', 'unknown', 'yes']

function clientLineOf(state: State, width: number, auditing: Auditing): Line {
  const { nowMs } = auditing
  const writes = ability(state, 'write', nowMs)
  const reads = ability(state, 'read', nowMs)
  const isShort = width < 100
  const left =
    writes.type === 'no'
      ? line(
          span(` ✗ ${isShort ? '' : 'clients '}cannot WRITE for ${age(writes.forMs, { isPrecise: true })} `, 'alarm'),
        )
      : join([line(' ', ...abilityWords('write', writes, isShort)), abilityWords('read', reads, isShort)], '  ')
  const forms = (['full', 'short', 'terse'] as const).map((form) => totalWords(state, auditing, form))
  const totals = forms.find((each) => lineWidth(left) + lineWidth(each) <= width) ?? forms.at(-1) ?? []
  const room = Math.max(0, width - lineWidth(totals))
  const right = fitLine(totals, width - room)
  if (writes.type !== 'no') return [...fitLine(left, room), ...right]
  const also = reads.type === 'no' ? `and cannot READ for ${age(reads.forMs, { isPrecise: true })}  ` : ''
  // The whole strip is one alarm, so that it is seen from across the room.
  return [...fitLine(line(...left, `${also} ${outageWords(writes)}`), room).map(alarmed), ...right]
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

/** Every write by what its client knows of it, and what an audit knows beyond that. */
function totalWords(state: State, auditing: Auditing, form: 'full' | 'short' | 'terse'): Line {
  const { write, read } = state.traffic.totals
  if (state.traffic.settings === null && write.ok + read.ok === 0) return []
  const isTerse = form === 'terse'
  const gap = isTerse ? ' ' : '  '
  return line(
    span(form === 'full' ? '  writes ' : gap, 'dim'),
    span(count(write.ok), 'bold'),
    span((form === 'full' ? ' acknowledged' : ' ok') + gap, 'dim'),
    span(`${count(write.unknown)}${isTerse ? '?' : ' unknown'}`, write.unknown > 0 ? 'warn' : 'dim'),
    gap,
    span(`${count(write.failed)}${isTerse ? '✗' : ' failed'}`, write.failed > 0 ? 'bad' : 'dim'),
    gap,
    ...lossWords(state, auditing, form !== 'full'),
    ' ',
  )
}
