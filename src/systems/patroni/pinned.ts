import type { LabEvent } from '../../model/events.ts'
import type { PinnedSpan } from '../../model/explained.ts'
import { fresh } from '../../model/seen.ts'
import { sum } from '../../model/sum.ts'
import { LATE_KEY_MS } from '../../model/tolerances.ts'
import type { HaproxyStats } from './events.ts'
import type { KeyTrack } from './failover.ts'
import { clientProxies, listenerIn, readProxy, statsOf } from './proxies.ts'
import { isQuorumHeld } from './quorum.ts'
import type { State } from './state.ts'

/** What the span reducer needs to know besides the event, as it was before the event. */
type PinnedObservation = Pick<State, 'lab' | 'etcd' | 'proxies' | 'traffic'>

/** A node that acknowledges again so soon has kept its sessions in between. */
const SAME_SPAN_MS = 1_000
const SPANS_KEPT = 100

/**
 * Takes in one event: a reading of a proxy that clients know, a change of the key, or the probe's answers; all others change nothing.
 * The latest hundred spans are kept, oldest first.
 *
 * Nothing is judged while no etcd member answers with a quorum, as nobody knows then who holds the key; nor are servers
 * that are no Patroni members by name. While there is no key, every session counts. Sessions on a node that turns out
 * to have taken the key are dropped: the proxy was only quicker to tell.
 */
export function trackPinned(
  before: readonly PinnedSpan[],
  event: LabEvent,
  sight: PinnedObservation,
): readonly PinnedSpan[] {
  switch (event.type) {
    case 'haproxy.stats':
      return event.reading.ok ? onReading(before, { ...event, stats: event.reading.value }, sight) : before
    case 'etcd.leader-key':
      if (event.holder === null || event.revision < sight.etcd.key.revision) return before
      return onKeyTaken(before, event.holder, event.atMs, sight.etcd.key)
    case 'probe': {
      if (event.kind !== 'write') return before
      let spans = before
      for (const { outcome, server, sentMs, answeredMs } of event.answers) {
        if (outcome !== 'ok' || server === undefined || !isPinned(server, sentMs, sight)) continue
        spans = onAcknowledged(spans, { node: server, sentMs, answeredMs, intervalMs: event.intervalMs })
      }
      return spans
    }
    default:
      return before
  }
}

/** Whether a node is known not to hold the key, from `sinceMs` on. */
function isPinned(node: string, sinceMs: number, { lab, etcd }: PinnedObservation): boolean {
  const { key } = etcd
  if (!lab?.nodes.includes(node) || key.changedAtMs === null || sinceMs <= key.changedAtMs) return false
  if (key.isHeld && key.lastHolder === node) return false
  return isQuorumHeld(etcd)
}

function onReading(
  before: readonly PinnedSpan[],
  { proxy, atMs, stats }: { readonly proxy?: string; readonly atMs: number; readonly stats: HaproxyStats },
  sight: PinnedObservation,
): readonly PinnedSpan[] {
  const {
    lab,
    etcd: { key },
  } = sight
  const name = readProxy({ ...(proxy !== undefined && { proxy }) }, lab)
  if (!clientProxies(sight).some((each) => each.name === name)) return before
  const was = statsOf(sight, name)
  const sinceMs = was.seenAtMs ?? atMs
  let spans = before
  for (const node of lab?.nodes ?? []) {
    const sessions = sessionsOn(node, sight, { name, stats })
    const index = spans.findLastIndex((span) => span.node === node)
    const latest = spans[index]
    if (sessions === 0) {
      if (latest?.toMs === null) spans = spans.with(index, { ...widened(latest, atMs - sinceMs), toMs: atMs })
    } else if (!isPinned(node, atMs, sight)) {
      // The holder's own, or nobody knows whose.
    } else if (latest && (latest.toMs === null || latest.toMs > sinceMs)) {
      const mostSessions = Math.max(latest.mostSessions, sessions)
      spans = spans.with(index, { ...widened(latest, atMs - sinceMs), mostSessions, toMs: null })
    } else {
      const hadSessions = sessionsOn(node, sight, { name, stats: was.value }) > 0
      const lostMs = key.changedAtMs ?? atMs
      const fromMs = hadSessions && lostMs > sinceMs ? lostMs : atMs
      const span = { node, fromMs, toMs: null, mostSessions: sessions, acknowledged: 0, resolutionMs: atMs - sinceMs }
      spans = keep([...spans, span])
    }
  }
  return spans
}

function onKeyTaken(before: readonly PinnedSpan[], holder: string, atMs: number, key: KeyTrack): readonly PinnedSpan[] {
  const index = before.findLastIndex((span) => span.node === holder)
  const latest = before[index]
  if (latest === undefined || (key.isHeld && key.lastHolder === holder)) return before
  const isOfTheLoss = latest.fromMs === key.changedAtMs
  if (!isOfTheLoss && atMs - latest.fromMs <= LATE_KEY_MS) return before.toSpliced(index, 1)
  return latest.toMs === null ? before.with(index, { ...latest, toMs: atMs }) : before
}

function onAcknowledged(
  before: readonly PinnedSpan[],
  answer: { readonly node: string; readonly sentMs: number; readonly answeredMs: number; readonly intervalMs: number },
): readonly PinnedSpan[] {
  const { node, sentMs, answeredMs, intervalMs } = answer
  const index = before.findLastIndex((span) => span.node === node)
  const latest = before[index]
  if (latest && (latest.toMs === null || sentMs - latest.toMs <= SAME_SPAN_MS)) {
    const toMs = latest.toMs === null ? null : Math.max(latest.toMs, answeredMs)
    const fromMs = Math.min(latest.fromMs, sentMs)
    return before.with(index, { ...latest, fromMs, toMs, acknowledged: latest.acknowledged + 1 })
  }
  const span = { node, fromMs: sentMs, toMs: answeredMs, mostSessions: 0, acknowledged: 1, resolutionMs: intervalMs }
  return keep([...before, span])
}

/** Those of all proxies that clients know: of one by this reading, of the others by their latest. */
function sessionsOn(
  node: string,
  sight: PinnedObservation,
  read: { readonly name: string; readonly stats: HaproxyStats | null },
): number {
  const counts = clientProxies(sight).map(({ name, leader }) => {
    const stats = name === read.name ? read.stats : fresh(statsOf(sight, name))
    return listenerIn(stats, leader)?.servers.find((server) => server.name === node)?.sessions ?? 0
  })
  return sum(counts)
}

function widened(span: PinnedSpan, gapMs: number): PinnedSpan {
  return { ...span, resolutionMs: Math.max(span.resolutionMs, gapMs) }
}

function keep(spans: readonly PinnedSpan[]): readonly PinnedSpan[] {
  return spans.length > SPANS_KEPT ? spans.slice(spans.length - SPANS_KEPT) : spans
}
