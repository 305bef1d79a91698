import type { LabEvent } from '../../../model/events.ts'
import { isHealthy, leaderOf } from '../health.ts'
import { readProxy, statsOf } from '../proxies.ts'
import type { State } from '../state.ts'
import { changes } from './changes.ts'
import { keyCircumstances } from './key-circumstances.ts'
import { trackLease } from './lease-track.ts'
import { sayingOf } from './log-lines.ts'
import type { Observation, Observations } from './observations.ts'

/** Takes in one event; what it does not change keeps its identity. */
export function trackObservations(
  observations: Observations,
  before: State,
  event: LabEvent,
  after: State,
): Observations {
  const at = { seq: event.seq, atMs: event.atMs }
  const streaming = streamingBy(observations.streaming, event, after)
  const isWhole = BEARS_ON_HEALTH.has(event.type) ? isHealthy(after) : observations.isWhole
  const seen: readonly Observation[] = [
    ...(after.faultObservations === before.faultObservations
      ? []
      : after.faultObservations.filter(({ seq }) => seq === event.seq)),
    ...changes(before, event, after).map((change) => {
      const observation = { ...at, fromMs: event.atMs, ...change } as Observation
      return observation.is === 'key'
        ? { ...observation, ...keyCircumstances(observation, observations, after) }
        : observation
    }),
    ...onLog(event),
    ...newlyStreaming(observations.streaming, streaming).map((part): Observation => {
      const fromMs = before.nodes[streaming?.leader ?? '']?.patroni.checkedAtMs ?? event.atMs
      return { ...at, fromMs, is: 'streaming', part, from: streaming?.leader ?? '' }
    }),
    ...(isWhole === observations.isWhole || isWhole === null
      ? []
      : [{ ...at, fromMs: lastLookAt(before, event) ?? event.atMs, is: 'whole' as const, isWhole }]),
  ]
  const lease = trackLease(observations.lease, event)
  const logsReadMs = logsReadBy(observations.logsReadMs, event)
  const isSame =
    streaming === observations.streaming && isWhole === observations.isWhole && lease === observations.lease
  if (seen.length === 0 && isSame && logsReadMs === observations.logsReadMs) return observations
  return {
    seen: seen.length === 0 ? observations.seen : trim([...observations.seen, ...seen]),
    isWhole,
    streaming,
    lease,
    logsReadMs,
  }
}

function onLog(event: LabEvent): Observation[] {
  if (event.type !== 'part.log' || !event.reading.ok) return []
  const { part, errorMs, seq } = event
  return event.reading.value.lines.flatMap(({ saidMs, text }): Observation[] => {
    const saying = sayingOf(text)
    return saying === null ? [] : [{ is: 'said', part, saying, text, errorMs, seq, atMs: saidMs, fromMs: saidMs }]
  })
}

function logsReadBy(known: number | null, event: LabEvent): number | null {
  return event.type === 'part.log' && event.reading.ok ? Math.max(known ?? 0, event.untilMs) : known
}

const BEARS_ON_HEALTH: ReadonlySet<LabEvent['type']> = new Set([
  'patroni.node',
  'patroni.cluster',
  'postgres.node',
  'etcd.member',
  'etcd.leader-key',
  'haproxy.stats',
])

function streamingBy(known: Observations['streaming'], event: LabEvent, after: State): Observations['streaming'] {
  const leader = leaderOf(after)
  if (event.type !== 'patroni.node' || !event.reading.ok || event.node !== leader) return known
  if (event.reading.value.role === 'replica') return known
  const names = event.reading.value.replication.filter((row) => row.state === 'streaming').map((row) => row.name)
  const isSame = known?.leader === leader && known.names.join() === names.toSorted().join()
  const isNothingYet = known?.leader !== leader && names.length === 0
  return isSame || isNothingYet ? known : { leader, names: names.toSorted() }
}

function newlyStreaming(was: Observations['streaming'], is: Observations['streaming']): readonly string[] {
  if (is === null || is === was) return []
  return was?.leader === is.leader ? is.names.filter((name) => !was.names.includes(name)) : is.names
}

/** When the source of this event was last looked at before it. */
function lastLookAt(before: State, event: LabEvent): number | null {
  switch (event.type) {
    case 'patroni.node':
      return before.nodes[event.node]?.patroni.checkedAtMs ?? null
    case 'postgres.node':
      return before.nodes[event.node]?.postgres.checkedAtMs ?? null
    case 'patroni.cluster':
      return before.cluster.checkedAtMs
    case 'etcd.member':
      return before.etcd.members[event.member]?.checkedAtMs ?? null
    case 'haproxy.stats':
      return statsOf(before, readProxy(event, before.lab)).checkedAtMs
    default:
      return null
  }
}

const MOST = 1_000

/** Of what comes most often the oldest goes first: a part that flaps must not push out the fault that began it. */
function trim(seen: readonly Observation[]): readonly Observation[] {
  if (seen.length <= MOST) return seen
  const counts = new Map<string, number>()
  for (const { is } of seen) counts.set(is, (counts.get(is) ?? 0) + 1)
  const [most] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? ['whole']
  const index = seen.findIndex((each) => each.is === most)
  return trim(seen.toSpliced(index, 1))
}
