import type {
  Audited,
  FaultHealed,
  LabEvent,
  LabShape,
  OperationKind,
  TrafficSet,
  TrialEnded,
} from '../model/events.ts'
import type { Expected } from '../model/expected.ts'
import { type Anatomy, anatomies, type Failover, type PinnedSpan } from '../model/explained.ts'
import { ofInstance } from '../model/instance.ts'
import { beganMs, type Outage } from '../model/outage.ts'
import { figuresOf } from '../model/service-figures.ts'
import type { State } from '../model/state.ts'
import { initialState, reduce } from '../systems/state.ts'
import type { System } from '../systems/system.ts'
import { systemOf } from '../systems/systems.ts'
import { createFaults, createInjections } from './faults.ts'
import { createHosts } from './hosts.ts'
import { createKept } from './kept.ts'
import { createSeries, type Series } from './series.ts'
import { createSites, type SiteFacts } from './sites.ts'
import { createStaleness, type Staleness } from './staleness.ts'
import type { Summary } from './summary-schema.ts'

/** What one pass over the events of a run gives. */
export interface Facts {
  /** The same of each system of a lab that has several, as if it were alone. */
  readonly instances: ReadonlyMap<string, Facts>
  readonly events: number
  /** The time of the last event. */
  readonly untilMs: number
  readonly hasEnded: boolean
  /** After the last event. */
  readonly state: State
  /** In order of time; the last of each kind may still be open. */
  readonly outages: readonly Outage[]
  readonly failovers: readonly Failover[]
  /** Where the time of each outage went. */
  readonly anatomies: readonly Anatomy[]
  readonly pinned: readonly PinnedSpan[]
  /** All of them, in order of time. */
  readonly faults: Summary['faults']
  readonly versions: RunVersions
  /** The highest of the run; null without traffic. */
  readonly targets: Required<Pick<TrafficSet, 'writesPerSecond' | 'readsPerSecond' | 'pipeline'>> | null
  readonly isConfigChanged: boolean
  /** … after the first fault had been asked for, or had landed. */
  readonly isConfigChangedUnderFaults: boolean
  readonly probeIntervalMs: number | null
  /** When anybody last asked. */
  readonly probedUntilMs: Readonly<Record<OperationKind, number>>
  /** The scenario whose repeat the run was; null for any other run. */
  readonly trial: TrialFacts | null
  /** The run's faults that somebody else took back. */
  readonly lifted: readonly Lifted[]
  readonly staleness: Staleness | null
  /** The last audit that the run itself made. */
  readonly audited: Audited | null
  /** All faults that were asked for, in order of time. */
  readonly injections: Summary['injections']
  readonly preparations: NonNullable<Summary['preparations']>
  readonly series: Series
  /** Of a lab on several; else none. */
  readonly hosts: NonNullable<Summary['hosts']>
  /** Those that had clients of their own. */
  readonly sites: readonly SiteFacts[]
  readonly shares: NonNullable<Summary['shares']>
}

/** A fault that was in force until somebody else healed it. */
export interface Lifted {
  readonly atMs: number
  readonly fault: string
  readonly parts: readonly string[]
  readonly by: NonNullable<FaultHealed['by']>
}

export interface TrialFacts {
  readonly expected: readonly Expected[]
  /** How its steps went; null when the recording does not say. */
  readonly ended: Pick<TrialEnded, 'failure' | 'error'> | null
}

/** Of the lab, of the engine, and of what the system has; null where nobody told. */
type RunVersions = Summary['versions']

/** Takes in the events of a run one by one, in order. */
interface FactsBuilder {
  add(event: LabEvent): void
  /** The state as of the latest event. */
  current(): State
  facts(): Facts
}

/** @param current the state as of the event that is added, where somebody has taken it in already: once is enough */
export function createFacts(current?: () => State): FactsBuilder {
  const instances = new Map<string, { readonly shape: LabShape; readonly builder: FactsBuilder }>()
  const series = createSeries()
  const hosts = createHosts()
  const sites = createSites()
  const staleness = createStaleness()
  const lists = createLists()
  const faults = createFaults()
  let state = initialState
  let versions: Record<string, string> = {}
  let targets: Facts['targets'] = null
  let config: string | null = null
  let isConfigChanged = false
  let isConfigChangedUnderFaults = false
  let probeIntervalMs: number | null = null
  const probedUntilMs = { write: 0, read: 0 }
  const injections = createInjections()
  let events = 0
  let hasEnded = false
  let audited: Audited | null = null
  let trial: TrialFacts | null = null
  const lifted: Lifted[] = []

  return {
    add(event) {
      if (event.type === 'run.started') {
        for (const [name, shape] of Object.entries(event.lab.instances ?? {}))
          instances.set(name, { shape, builder: createFacts() })
      }
      for (const [name, { shape, builder }] of instances) {
        const own = ofInstance(event, name, shape)
        if (own !== null) builder.add(own)
      }
      const before = state
      state = current?.() ?? reduce(before, event)
      events++
      if (event.instance !== undefined) return
      lists.add(before, state)
      faults.add(before, state)
      if (event.type === 'fault.healed' && event.by !== undefined) lifted.push({ ...event, by: event.by })
      if (event.type === 'probe') probedUntilMs[event.kind] = event.atMs
      series.add(event, state)
      hosts.add(event)
      sites.add(event, state.asleep.spans)
      const own = systemOf(state.lab)
      versions = versionsAfter(versions, event, own)
      targets = targetsAfter(targets, event)
      const now = own.settings?.configIn(event) ?? null
      const isOther = config !== null && now !== null && config !== now
      isConfigChanged ||= isOther
      isConfigChangedUnderFaults ||= isOther && faults.faults().length + injections.all().length > 0
      config = now ?? config
      if (event.type === 'probe') probeIntervalMs = event.intervalMs
      if (event.type === 'traffic.tick') staleness.add(event.replicaReads)
      injections.add(event)
      if (event.type === 'audited') audited = event
      trial = trialAfter(trial, event)
      hasEnded = event.type === 'run.ended'
    },
    current: () => state,
    facts: () => ({
      instances: new Map([...instances].map(([name, { builder }]) => [name, builder.facts()])),
      events,
      untilMs: state.atMs,
      hasEnded,
      state,
      outages: withOpen(lists.outages.all(), state),
      failovers: lists.failovers.all(),
      anatomies: anatomies({ ended: lists.anatomies.all(), open: systemOf(state.lab).concluded(state) }),
      pinned: lists.pinned.all(),
      faults: faults.faults(),
      versions: allVersions(versions, systemOf(state.lab)),
      targets,
      isConfigChanged,
      isConfigChangedUnderFaults,
      probeIntervalMs,
      probedUntilMs,
      lifted,
      trial,
      staleness: staleness.result(),
      audited,
      injections: injections.all(),
      preparations: injections.preparations(),
      series: series.series(state.atMs),
      hosts: hosts.hosts(),
      sites: sites.sites(state.asleep.spans),
      shares: sites.shares(state.asleep.spans),
    }),
  }
}

/** All of what the state keeps the latest of. */
function createLists() {
  const lists = {
    outages: createKept(
      ({ outages }) => outages,
      (outage: Outage) => `${outage.kind} ${outage.by ?? 'probe'} ${beganMs(outage)}`,
    ),
    failovers: createKept(
      ({ failovers }) => failovers,
      ({ takenMs, to }: Failover) => `${takenMs} ${to}`,
    ),
    anatomies: createKept(
      ({ anatomy }) => anatomy.ended,
      ({ of, startMs, outage }: Anatomy) => `${of} ${startMs} ${outage === null}`,
      // A failover that nobody had noticed, until an outage came with it.
      { canBeTakenBack: true },
    ),
    pinned: createKept(
      ({ pinned }) => pinned,
      ({ node, fromMs }: PinnedSpan) => `${node} ${fromMs}`,
      // By a late word of the key; and a span can be found to have begun before.
      { canBeTakenBack: true },
    ),
  }
  return {
    ...lists,
    add(before: State, after: State) {
      for (const list of Object.values(lists)) list.add(before, after)
    },
  }
}

/** Those that are over, and what was open when the probe ended. */
function withOpen(ended: readonly Outage[], state: State): Outage[] {
  const open = [figuresOf(state, 'write').open, figuresOf(state, 'read').open].filter((each) => each !== null)
  return [...ended, ...open].sort((a, b) => beganMs(a) - beganMs(b))
}

function trialAfter(trial: TrialFacts | null, event: LabEvent): TrialFacts | null {
  if (event.type === 'trial.began') return { expected: event.expected, ended: null }
  if (event.type !== 'trial.ended' || trial === null) return trial
  const { failure, error } = event
  return { ...trial, ended: { failure, error } }
}

function versionsAfter(versions: Record<string, string>, event: LabEvent, system: System): Record<string, string> {
  if (event.type === 'run.started') return { ...versions, lab: event.version }
  if (event.type === 'docker.engine' && event.reading.ok) return { ...versions, docker: event.reading.value.version }
  const own = system.versions?.in(event)
  return own === undefined || Object.keys(own).length === 0 ? versions : { ...versions, ...own }
}

function allVersions(known: Readonly<Record<string, string>>, { versions }: System): RunVersions {
  const names = Object.keys(versions?.names ?? { postgresql: '' })
  const own = names.map((name) => [name, known[name] ?? null])
  return { lab: known.lab ?? null, ...Object.fromEntries(own), docker: known.docker ?? null }
}

function targetsAfter(targets: Facts['targets'], event: LabEvent): Facts['targets'] {
  if (event.type !== 'traffic.set' || !event.isOn) return targets
  return {
    writesPerSecond: Math.max(targets?.writesPerSecond ?? 0, event.writesPerSecond),
    readsPerSecond: Math.max(targets?.readsPerSecond ?? 0, event.readsPerSecond),
    pipeline: Math.max(targets?.pipeline ?? 1, event.pipeline ?? 1),
  }
}
