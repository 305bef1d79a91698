import type { LabEvent } from '../../model/events.ts'
import type { Seen } from '../../model/seen.ts'
import type { State as CoreState } from '../../model/state.ts'
import type { PairPromotion, PairStatus } from './events.ts'

/** A promotion of this run, on the run's clock. */
export interface Promotion extends Omit<PairPromotion, 'at'> {
  /** By the proxy's clock, held between the readings around it. */
  readonly decidedMs: number
  readonly seq: number
  /** When PostgreSQL had been promoted; null while it was not. */
  readonly promotedMs: number | null
  readonly promotedSeq: number | null
  /**
   * `false`: the old primary would still have taken writes after it was decided, by its own word. `right`: it would not.
   * Null: nothing was heard of it since.
   */
  readonly verdict: 'false' | 'right' | null
}

/** Takes in one event; what it does not change keeps its identity. */
export function trackPromotions(
  known: readonly Promotion[],
  was: Seen<PairStatus>,
  event: LabEvent,
  before: CoreState,
): readonly Promotion[] {
  if (event.type === 'pair.status') {
    if (!event.reading.ok || was.value === null) return known
    const readings = { fromMs: was.seenAtMs ?? 0, event, startedMs: Date.parse(before.startedAt ?? '') }
    const { epoch } = was.value
    const news = event.reading.value.promotions.filter((each) => each.epoch > epoch)
    const updated = event.reading.value.promotions.reduce((all, each) => withResult(all, each, readings), known)
    if (news.length === 0) return updated
    return [...updated, ...news.map((each) => begun(each, readings, before))]
  }
  const open = known.find(({ verdict }) => verdict === null)
  const verdict = open === undefined ? null : verdictBy(open, event, before)
  if (verdict === null) return known
  return known.map((each) => (each === open ? { ...each, verdict } : each))
}

interface Readings {
  /** The reading before. */
  readonly fromMs: number
  readonly event: LabEvent
  /** The run's beginning, Unix milliseconds. */
  readonly startedMs: number
}

function begun(promotion: PairPromotion, readings: Readings, before: CoreState): Promotion {
  const { at, ...rest } = promotion
  const { fromMs, event } = readings
  const decidedMs = between(Date.parse(at) - readings.startedMs, fromMs, event.atMs)
  const verdict = isDown(before, promotion.from) ? ('right' as const) : null
  const told = { ...rest, decidedMs, seq: event.seq, verdict }
  return { ...told, ...done(promotion, decidedMs, event) }
}

/** The latest word on one that is known. */
function withResult(known: readonly Promotion[], promotion: PairPromotion, { fromMs, event }: Readings) {
  const index = known.findIndex(({ epoch }) => epoch === promotion.epoch)
  const was = known[index]
  if (was === undefined || was.promotedMs !== null || same(was.result, promotion.result)) return known
  return known.with(index, {
    ...was,
    result: promotion.result,
    ...done(promotion, Math.max(was.decidedMs, fromMs), event),
  })
}

function done({ result }: PairPromotion, fromMs: number, { atMs, seq }: LabEvent) {
  if (result?.type !== 'promoted') return { promotedMs: null, promotedSeq: null }
  return { promotedMs: between(fromMs + result.tookMs, fromMs, atMs), promotedSeq: seq }
}

function same(a: PairPromotion['result'], b: PairPromotion['result']): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function between(ms: number, fromMs: number, toMs: number): number {
  return Number.isNaN(ms) ? toMs : Math.min(Math.max(ms, fromMs), toMs)
}

/** What was asked after the decision tells; an answer that was on its way already does not. */
function verdictBy({ from, decidedMs }: Promotion, event: LabEvent, before: CoreState): Promotion['verdict'] {
  switch (event.type) {
    case 'postgres.node': {
      if (event.node !== from) return null
      const askedMs = before.nodes[from]?.postgres.checkedAtMs ?? Number.NEGATIVE_INFINITY
      if (event.reading.ok) return askedMs < decidedMs ? null : event.reading.value.isInRecovery ? 'right' : 'false'
      return REFUSED.includes(event.reading.error) ? 'right' : null
    }
    case 'postgres.inside': {
      if (event.node !== from || event.askedMs < decidedMs || !event.reading.ok) return null
      const { value } = event.reading
      return value.type === 'answers' && !value.isInRecovery ? 'false' : 'right'
    }
    case 'docker.event':
      return event.service === before.lab?.containerOf[from] && ENDS.includes(event.action) ? 'right' : null
    default:
      return null
  }
}

/** Nothing listens, or PostgreSQL starts or shuts down: it takes no session. */
const REFUSED = ['ECONNREFUSED', '57P03']
const ENDS = ['die', 'pause', 'destroy']

function isDown({ containers, lab }: CoreState, node: string): boolean {
  const known = containers[lab?.containerOf[node] ?? '']
  return known !== undefined && known.container?.state !== 'running'
}
