import type { Registry } from 'prom-client'
import { ability } from '../model/ability.ts'
import type { OperationKind } from '../model/events.ts'
import { outageMs } from '../model/outage.ts'
import { isCurrent } from '../model/sight.ts'
import { isWatched, openSplitBrain } from '../model/split-brain-state.ts'
import type { State } from '../model/state.ts'
import { gaugesOf, sourcesOf } from '../systems/default-report.ts'
import type { Gauge } from '../systems/reported.ts'
import { systemOf } from '../systems/systems.ts'
import { type Instruments, instrumentsIn, type LiveGauge } from './instruments.ts'

/** How things are: what the state says, as of its latest event. */
export function stateGauges(registry: Registry): (state: State) => void {
  const { gauge } = instrumentsIn(registry)
  const info = gauge('run_info', 'Always 1: which run this is (its label run), and of which lab', ['lab', 'scope'])
  const started = gauge('run_start_time_seconds', 'When the run began, Unix time in seconds', ['lab'])
  const showOwn = ownGauges(gauge)
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
    const { name: lab = '', scope = '' } = state.lab ?? {}
    info.show([[{ lab, scope }, state.lab && 1]])
    started.show([[{ lab }, startMs / 1_000]])
    showOwn(state)
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

type MakeGauge = Instruments['gauge']

/** Those of the system under test, from when it is known. */
function ownGauges(make: MakeGauge): (state: State) => void {
  let own: readonly { readonly gauge: Gauge; readonly live: LiveGauge }[] | null = null
  return (state) => {
    if (state.lab === null) return
    own ??= gaugesOf(systemOf(state.lab)).map((gauge) => {
      return { gauge, live: make(gauge.name, gauge.help, gauge.labels) }
    })
    for (const { gauge, live } of own) live.show(gauge.series(state))
  }
}

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
function currentOutageSeconds(state: State, kind: OperationKind): number | null {
  const now = ability(state, kind, state.atMs)
  return now.type === 'unknown' ? null : now.type === 'no' ? now.forMs / 1_000 : 0
}

function sourceGauges(gauge: MakeGauge): (state: State) => void {
  const labels = ['source', 'target']
  const up = gauge('observer_up', 'Whether a source answered the lab when it was last asked: 1 or 0', labels)
  const age = gauge('observer_age_seconds', 'Time since a source last answered the lab well, in seconds', labels)
  return (state) => {
    const seen = sourcesOf(systemOf(state.lab), state).filter(
      ({ seen }) => seen !== undefined && seen.checkedAtMs !== null,
    )
    up.show(seen.map(({ seen, source, target }) => [{ source, target }, Number(isCurrent(seen, state.atMs))]))
    age.show(
      seen.map(({ seen, source, target }) => {
        const answeredMs = seen?.seenAtMs ?? null
        return [{ source, target }, answeredMs === null ? null : Math.max(0, state.atMs - answeredMs) / 1_000]
      }),
    )
  }
}
