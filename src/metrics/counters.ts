import type { Registry } from 'prom-client'
import type { LabShape } from '../model/events.ts'
import { isLanded, type LandedFault, liftingOf } from '../model/fault-observations.ts'
import type { State } from '../model/state.ts'
import { noTotals } from '../model/totals.ts'
import { firstNames, OTHER, oneOf } from './bounded.ts'
import { type Instruments, instrumentsIn, type Labels } from './instruments.ts'

interface CounterMetrics {
  /** Counts what has happened since the last call; cheap when nothing has. */
  catchUp(state: State): void
  show(state: State): void
}

const FAULT_KINDS_KEPT = 20
const KINDS = ['write', 'read'] as const
/** What Docker can do to a part: these exist from the start, so that the first of each is a rise. */
const CONTAINER_FAULTS = ['killed', 'stopped', 'ended', 'paused']

/** Faults, failovers, outages and split brain: what happens and is counted. */
export function counterMetrics(registry: Registry): CounterMetrics {
  const instruments = instrumentsIn(registry)
  const { counter, gauge } = instruments
  const faults = faultMetrics(instruments)
  const outages = outageMetrics(instruments)
  const failovers = counter(
    'failovers',
    'Times that the leader key passed to another member, by the member that took it',
    ['to'],
  )
  const failoverTimes = gauge(
    'failover_timestamp_seconds',
    'When the leader key last passed from one member to another, Unix time in seconds',
    ['from', 'to'],
  )
  const splitBrain = counter(
    'split_brain_seconds',
    'Time in which two nodes were certainly witnessed to take writes at once, in seconds; 0 is no proof of none',
  )
  let lab: LabShape | null = null
  let latestMs = Number.NEGATIVE_INFINITY
  let splitMs = 0
  return {
    catchUp(state) {
      if (state.lab !== null && state.lab !== lab) {
        lab = state.lab
        for (const node of lab.nodes) failovers.add({ to: node }, 0)
        faults.begin(lab)
      }
      for (const { takenMs, to } of state.failovers) {
        if (takenMs <= latestMs) continue
        latestMs = takenMs
        failovers.add({ to: oneOf(lab?.nodes ?? [], to) }, 1)
      }
      // A counter never falls, whatever is found later to have been no split brain.
      splitBrain.add({}, Math.max(0, state.splitBrain.totalMs - splitMs) / 1_000)
      splitMs = state.splitBrain.totalMs
      faults.catchUp(state)
      outages.catchUp(state)
    },
    show(state) {
      faults.show(state)
      failoverTimes.show(latestFailovers(state))
    },
  }
}

function latestFailovers({ failovers, lab, startedAt }: State) {
  const startMs = Date.parse(startedAt ?? '')
  const name = (member: string | null) => oneOf(lab?.nodes ?? [], member ?? OTHER)
  return failovers.map(
    ({ from, to, takenMs }) => [{ from: name(from), to: name(to) }, (startMs + takenMs) / 1_000] as const,
  )
}

function faultMetrics({ counter, gauge }: Instruments) {
  const count = counter('faults', 'Faults that were confirmed to have landed, by kind and target', ['kind', 'target'])
  const active = gauge('fault_active', 'Whether a fault is in force: 1 or 0', ['kind', 'target'])
  const landed = gauge(
    'fault_landed_timestamp_seconds',
    'When a fault of this kind was last confirmed to have landed on the target, Unix time in seconds',
    ['kind', 'target'],
  )
  const kindOf = firstNames(FAULT_KINDS_KEPT)
  const known = new Map<string, Labels>()
  const landedMs = new Map<string, number>()
  let parts: readonly string[] = []
  let seq = 0
  const labelsOf = ({ fault, how, part }: LandedFault): Labels => {
    const labels = { kind: kindOf(fault === 'down' ? how : fault), target: oneOf(parts, part) }
    known.set(keyOf(labels), labels)
    return labels
  }
  return {
    begin(lab: LabShape) {
      parts = partsOf(lab)
      const containers = parts.filter((part) => Object.hasOwn(lab.containerOf, part))
      for (const target of containers) {
        for (const kind of CONTAINER_FAULTS) {
          known.set(keyOf({ kind, target }), { kind, target })
          count.add({ kind, target }, 0)
        }
      }
    },
    catchUp({ faultObservations: seen }: State) {
      const first = seen.findLastIndex((each) => each.seq <= seq) + 1
      for (const fault of seen.slice(first).filter(isLanded)) {
        const labels = labelsOf(fault)
        count.add(labels, 1)
        landedMs.set(keyOf(labels), fault.atMs)
      }
      seq = seen.at(-1)?.seq ?? seq
    },
    show({ faultObservations: seen, startedAt }: State) {
      const inForce = seen.filter(isLanded).filter((fault) => liftingOf(seen, fault) === null)
      const keys = new Set(inForce.map((fault) => keyOf(labelsOf(fault))))
      active.show([...known].map(([key, labels]) => [labels, keys.has(key) ? 1 : 0]))
      const startMs = Date.parse(startedAt ?? '')
      landed.show([...known].map(([key, labels]) => [labels, (startMs + (landedMs.get(key) ?? Number.NaN)) / 1_000]))
    },
  }
}

function keyOf({ kind, target }: Labels): string {
  return `${kind} ${target}`
}

function partsOf(lab: LabShape): readonly string[] {
  return [...new Set([...lab.nodes, ...Object.keys(lab.containerOf)])]
}

function outageMetrics({ counter }: Instruments) {
  const count = counter('outages', 'Outages that ended, as the probe saw them, or the workload alone', ['kind'])
  const total = counter('outages_seconds', 'Length of the outages that ended and whose begin is known, in seconds', [
    'kind',
  ])
  const degraded = counter(
    'degraded_seconds',
    'Time outside of outages in which part of the operations was not acknowledged, in seconds',
    ['kind'],
  )
  const asleep = counter(
    'unmeasured_seconds',
    'Time in which the lab itself was asleep and could not measure, in seconds',
  )
  for (const kind of KINDS) {
    count.add({ kind }, 0)
    total.add({ kind }, 0)
    degraded.add({ kind }, 0)
  }
  asleep.add({}, 0)
  const told = { write: noTold, read: noTold }
  let asleepMs = 0
  return {
    // The totals hold every one, whatever is kept of the single spans.
    catchUp({ service, asleep: { totalMs } }: State) {
      for (const kind of KINDS) {
        const { outages, degraded: partly } = service[kind]
        const was = told[kind]
        if (outages === was.outages && partly.totals === was.degraded) continue
        count.add({ kind }, outages.count - was.outages.count)
        total.add({ kind }, (outages.totalMs - was.outages.totalMs) / 1_000)
        degraded.add({ kind }, (partly.totals.totalMs - was.degraded.totalMs) / 1_000)
        told[kind] = { outages, degraded: partly.totals }
      }
      asleep.add({}, (totalMs - asleepMs) / 1_000)
      asleepMs = totalMs
    },
  }
}

const noTold = { outages: noTotals, degraded: noTotals }
