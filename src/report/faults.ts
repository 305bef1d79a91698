import type { LabEvent } from '../model/events.ts'
import type { FaultObservation } from '../model/fault-observations.ts'
import type { State } from '../model/state.ts'
import { roleOfPart } from '../systems/default-report.ts'
import { systemOf } from '../systems/systems.ts'
import type { Summary } from './summary-schema.ts'

type Fault = Summary['faults'][number]

/** Follows what was broken and brought back; the state itself forgets the oldest. */
export function createFaults() {
  const faults: Fault[] = []
  return {
    add(before: State, after: State) {
      const seen = after.faultObservations
      if (seen === before.faultObservations) return
      const known = new Set(before.faultObservations)
      for (const observed of seen) if (!known.has(observed)) take(observed, faults, before)
    },
    faults: (): Fault[] => faults.toSorted((a, b) => a.landedMs - b.landedMs),
  }
}

function take(observed: FaultObservation, faults: Fault[], before: State): void {
  if (observed.is === 'fault') {
    const { part, fault, how, effects, text, atMs, fromMs } = observed
    faults.push({
      part,
      fault,
      role: roleOfPart(systemOf(before.lab), part, before),
      how,
      effects: [...effects],
      text,
      fromMs: Math.max(0, fromMs),
      landedMs: atMs,
      liftedMs: null,
    })
  }
  if (observed.is !== 'lifted') return
  const index = faults.findIndex((each) => isSame(each, observed) && each.liftedMs === null)
  const fault = faults[index]
  if (fault !== undefined) faults[index] = { ...fault, liftedMs: observed.atMs }
}

function isSame(fault: Fault, { part, fault: name }: { readonly part: string; readonly fault: string }): boolean {
  return fault.part === part && fault.fault === name
}

type Injection = Summary['injections'][number]
type Preparation = NonNullable<Summary['preparations']>[number]

/** Follows what the lab was asked to inject, by keys, menu, command or scenario, and what came of it. */
export function createInjections() {
  const byId = new Map<string, Injection>()
  const preparations: Preparation[] = []
  const change = (id: string | undefined, by: Partial<Injection>) => {
    const known = id === undefined ? undefined : byId.get(id)
    if (id !== undefined && known !== undefined) byId.set(id, { ...known, ...by })
  }
  return {
    add(event: LabEvent) {
      if (event.type === 'fault.requested') {
        const { id, fault, target, parts, text, byHand = [], atMs } = event
        const about = { fault, target, parts: [...parts], text, byHand: [...byHand] }
        byId.set(id, { ...about, requestedMs: atMs, landedMs: null, error: null })
      }
      if (event.type === 'fault.prepared') {
        const { fault, parts, fromMs, atMs: toMs } = event
        preparations.push({ fault, parts: [...parts], fromMs, toMs })
      }
      if (event.type === 'fault.landed') change(event.id, { landedMs: event.atMs })
      if (event.type === 'fault.failed') change(event.id, { error: event.error, failedMs: event.atMs })
    },
    all: (): Injection[] => [...byId.values()],
    preparations: (): Preparation[] => preparations,
  }
}
