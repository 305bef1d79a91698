import type { Registry } from 'prom-client'
import type { OperationKind } from '../model/events.ts'
import { openOutage, outageMs } from '../model/outage.ts'
import type { Seen } from '../model/seen.ts'
import { isWatched, openSplitBrain } from '../model/split-brain.ts'
import type { State } from '../model/state.ts'
import { patroniOf } from '../systems/patroni/state.ts'
import { leaderOf } from '../systems/state.ts'
import { type LiveGauge, liveGauge } from './instruments.ts'

/** A source that has said nothing for this long, good or bad, is not believed any more; each looks more often. */
const SILENT_AFTER_MS = 10_000
/** A probe reports ten times a second, with or without answers. */
const UNPROBED_AFTER_MS = 3_000

/** Whether the source's last word was good, and not long ago: only then is its value one of now. */
function isCurrent(seen: Seen<unknown> | undefined, nowMs: number): boolean {
  if (seen === undefined || seen.checkedAtMs === null || seen.unreachableSinceMs !== null) return false
  return nowMs - seen.checkedAtMs < SILENT_AFTER_MS
}

/** How things are: what the state says, as of its latest event. */
export function stateGauges(registry: Registry): (state: State) => void {
  const gauge = (name: string, help: string, labels?: readonly string[]) =>
    liveGauge(registry, `chaoslab_${name}`, help, labels)
  const info = gauge('run_info', 'Always 1: which run this is (its label run), and of which lab', ['lab', 'scope'])
  const started = gauge('run_start_time_seconds', 'When the run began, Unix time in seconds', ['lab'])
  const leader = gauge(
    'leader',
    'Whether a member holds the leader key: 1 or 0; absent while etcd does not tell the lab',
    ['member'],
  )
  const lease = gauge(
    'leader_lease_remaining_seconds',
    'What was left of the lease under the leader key when it was last read, in seconds; absent without one',
  )
  const showOutages = outageGauges(gauge)
  const showSources = sourceGauges(gauge)
  const split = gauge('split_brain', 'Whether two nodes are witnessed to take writes at once: 1 or 0')
  const audit = gauge(
    'audit_writes',
    "Writes that the latest audit put in each class; absent before one, and when the leader's rows could not be read",
    ['class'],
  )
  const verdict = gauge('audit_verdict', 'The verdict of the latest audit: 1 for the one that was given', ['verdict'])

  return (state) => {
    const startMs = state.startedAt === null ? Number.NaN : Date.parse(state.startedAt)
    const { name: lab = '', scope = '' } = patroniOf(state).lab ?? {}
    info.show([[{ lab, scope }, state.lab && 1]])
    started.show([[{ lab }, startMs / 1_000]])
    showKey(state, leader, lease)
    showOutages(state)
    showSources(state)
    split.show([[{}, isWatched(state.splitBrain) ? Number(openSplitBrain(state.splitBrain) !== null) : null]])
    const audited = state.audited?.audit
    const counts = audited?.findings?.counts
    audit.show(AUDIT_CLASSES.map(([name, key]) => [{ class: name }, counts?.[key]]))
    verdict.show(VERDICTS.map((each) => [{ verdict: each }, audited && Number(audited.verdict.verdict === each)]))
  }
}

const VERDICTS = ['pass', 'fail', 'unknown'] as const
const AUDIT_CLASSES = [
  ['attempted', 'attempted'],
  ['acknowledged', 'acknowledged'],
  ['unguarded', 'unguarded'],
  ['failed', 'failed'],
  ['unknown', 'unknown'],
  ['dropped', 'dropped'],
  ['unanswered', 'unanswered'],
  ['lost', 'lost'],
  ['unguarded_lost', 'unguardedLost'],
  ['recovered', 'recovered'],
  ['phantom', 'phantom'],
  ['duplicated', 'duplicated'],
  ['altered', 'altered'],
  ['never_attempted', 'neverAttempted'],
] as const

/** The key is told by watches, which are silent while nothing changes: the lease, which is polled, shows that etcd is heard. */
function showKey(state: State, leader: LiveGauge, lease: LiveGauge): void {
  const { key, lease: seen } = patroniOf(state).etcd
  const isHeard = isCurrent(seen, state.atMs)
  const isKnown = isHeard && key.changedAtMs !== null
  leader.show(
    (state.lab?.nodes ?? []).map((member) => [{ member }, isKnown ? Number(leaderOf(state) === member) : null]),
  )
  lease.show([[{}, isHeard ? seen.value?.remainingSeconds : null]])
}

type MakeGauge = (name: string, help: string, labels?: readonly string[]) => LiveGauge

function outageGauges(gauge: MakeGauge): (state: State) => void {
  const kinds = ['write', 'read'] as const
  const current = gauge(
    'outage_current_seconds',
    'How long clients have not been able to write (or read), in seconds; 0 while they can; absent while no probe runs',
    ['kind'],
  )
  const last = gauge('outage_last_seconds', 'Length of the latest outage that ended, in seconds', ['kind'])
  return (state) => {
    current.show(kinds.map((kind) => [{ kind }, currentOutageSeconds(state, kind)]))
    last.show(
      kinds.map((kind) => {
        const outage = state.outages.findLast((each) => each.kind === kind)
        const lengthMs = outage === undefined ? null : outageMs(outage)
        return [{ kind }, lengthMs === null ? null : lengthMs / 1_000]
      }),
    )
  }
}

/** Null while nobody can tell. */
function currentOutageSeconds({ probes, atMs }: State, kind: OperationKind): number | null {
  const heardAtMs = probes.heardAtMs[kind]
  if (heardAtMs === null || atMs - heardAtMs > UNPROBED_AFTER_MS) return null
  const track = probes[kind]
  const outage = openOutage(track, atMs)
  if (outage !== null) return (atMs - (outage.lastAckMs ?? outage.firstErrorMs ?? atMs)) / 1_000
  return track.lastAckMs === null && track.recovery === null ? null : 0
}

function sourceGauges(gauge: MakeGauge): (state: State) => void {
  const labels = ['source', 'target']
  const up = gauge('observer_up', 'Whether a source answered the lab when it was last asked: 1 or 0', labels)
  const age = gauge('observer_age_seconds', 'Time since a source last answered the lab well, in seconds', labels)
  return (state) => {
    const seen = sources(state).filter(({ seen }) => seen !== undefined && seen.checkedAtMs !== null)
    up.show(seen.map(({ seen, ...each }) => [each, Number(isCurrent(seen, state.atMs))]))
    age.show(
      seen.map(({ seen, ...each }) => {
        const answeredMs = seen?.seenAtMs ?? null
        return [each, answeredMs === null ? null : Math.max(0, state.atMs - answeredMs) / 1_000]
      }),
    )
  }
}

interface Source {
  readonly source: string
  readonly target: string
  readonly seen: Seen<unknown> | undefined
}

function sources(state: State): readonly Source[] {
  const { lab, nodes, etcd, haproxy, engine } = patroniOf(state)
  return [
    ...(lab?.nodes ?? []).flatMap((target): Source[] => [
      { source: 'patroni', target, seen: nodes[target]?.patroni },
      { source: 'postgres', target, seen: nodes[target]?.postgres },
    ]),
    ...(lab?.etcdMembers ?? []).map((target): Source => ({ source: 'etcd', target, seen: etcd.members[target] })),
    { source: 'haproxy', target: 'haproxy', seen: haproxy },
    { source: 'docker', target: 'engine', seen: engine },
  ]
}
