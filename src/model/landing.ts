import type { DockerContainerHappened, DockerContainerRead, LabEvent } from './events.ts'
import type { FaultEffect } from './fault-effect.ts'
import type { FaultHow, LiftingHow } from './fault-observations.ts'
import { felt, partOf } from './part-of.ts'
import { type Predicate, was } from './predicate.ts'
import type { State } from './state.ts'

export interface Landing extends Predicate {
  readonly part: string
  /** What is in force: `down`, `paused`, or the name of a fault of the lab's own. A part is under one of each at most. */
  readonly fault: string
  readonly how: FaultHow
  /** As the fault tells them; none for what Docker tells of. */
  readonly effects: readonly FaultEffect[]
  /** Not before this moment. */
  readonly fromMs: number
}

interface Lifting {
  readonly part: string
  readonly fault: string
  readonly how: LiftingHow
  /** It was over as soon as it had landed: nobody brought anything back. */
  readonly isMomentary?: boolean
}

/**
 * The one place that says whether an event shows a fault landing, and on which parts: what Docker confirms, or what
 * the lab's own faults confirm, never what was merely asked for. One fault can be confirmed by several events (kill,
 * then die): the first counts, which is for the caller to see.
 */
export function landings(before: State, event: LabEvent): readonly Landing[] {
  switch (event.type) {
    case 'fault.landed': {
      const { fault, text, textOfSeveral, effects = [], fromMs = event.atMs, isSeenByDocker = false } = event
      const told = { fault, how: howBy(effects), effects, text, textOfSeveral }
      const what = isSeenByDocker ? asDockerSays(effects) : told
      // As with Docker's own events: what befalls a container behind no part of the lab is none of its faults.
      const parts = event.parts.filter((part) => felt(before.lab)[part] !== undefined)
      return what === null ? [] : parts.map((part) => ({ effects: [], ...what, part, fromMs }))
    }
    case 'docker.event':
      return ofContainer(
        before,
        event.service,
        happened(event, isOutOfMemory(before, event)),
        requestedMs(before, event.service) ?? event.atMs,
      )
    case 'docker.container':
      if (isTold(before, event)) return []
      return ofContainer(before, event.service, hasEnded(before, event), event.atMs - RESYNC_MS)
    default:
      return []
  }
}

/** Whether an event shows that faults are over: the container runs (again), or the lab took its own fault back. */
export function liftings(before: State, event: LabEvent): readonly Lifting[] {
  if (event.type === 'fault.healed') {
    const effects = before.faults.find(({ id }) => id === event.id)?.effects ?? []
    const isOfContainer = effects.includes('over-when-running')
    return event.parts.flatMap((part) => [
      { part, fault: event.fault, how: 'healed' as const, ...(event.isMomentary === true && { isMomentary: true }) },
      // The container was seen to run: a signal that Docker told of did not end it, or its start was not told of.
      ...(isOfContainer ? [{ part, fault: 'down', how: 'runs' as const }] : []),
      ...(effects.includes('freezes-part') ? [{ part, fault: 'paused', how: 'resumed' as const }] : []),
    ])
  }
  const [service, does] = resumption(before, event) ?? [null, null]
  const part = service === null ? null : partOf(before.lab, service)
  if (part === null || does === null) return []
  if (does === 'run') return [{ part, fault: 'oom', how: 'goes-on' }]
  const resumed: Lifting = { part, fault: 'paused', how: 'resumed' }
  if (does === 'unpause') return [resumed]
  return [{ part, fault: 'down', how: 'started' }, resumed, { part, fault: 'oom', how: 'started' }]
}

/** What Docker tells of as well, and first, unless its event stream is away; null for what only Docker knows. */
function asDockerSays(effects: readonly FaultEffect[]): What | null {
  if (effects.includes('freezes-part')) return paused
  if (effects.includes('hands-over')) return stopped
  return effects.includes('takes-part-away') ? killed : null
}

function howBy(effects: readonly FaultEffect[]): FaultHow {
  if (effects.includes('cuts-from-etcd')) return 'cut'
  return effects.includes('freezes-patroni') ? 'frozen' : 'other'
}

/** How often observe/docker.ts reads all containers, which tells what its event stream missed. */
const RESYNC_MS = 5_000

/** Whether the engine's event stream told of this container just now: a list can be older than that. */
function isTold(before: State, { service, atMs }: { readonly service: string; readonly atMs: number }): boolean {
  return atMs - (before.containers[service]?.happenedAtMs ?? Number.NEGATIVE_INFINITY) < RESYNC_MS
}
const KILL = 9
/** SIGINT, SIGQUIT, SIGABRT and SIGTERM end a process that can still see to its affairs. */
const STOP_SIGNALS: readonly number[] = [2, 3, 6, 15]

type What = Pick<Landing, 'fault' | 'how' | 'text' | 'textOfSeveral'>

const killed: What = { fault: 'down', how: 'killed', ...was('killed') }
const stopped: What = { fault: 'down', how: 'stopped', ...was('stopped') }
const paused: What = { fault: 'paused', how: 'paused', ...was('paused') }

/** How soon a container whose first process went with another one comes to its end. */
const OOM_ENDS_WITHIN_MS = 10_000

function isOutOfMemory(before: State, { service, atMs }: { readonly service: string; readonly atMs: number }): boolean {
  return atMs - (before.containers[service]?.outOfMemoryAtMs ?? Number.NEGATIVE_INFINITY) < OOM_ENDS_WITHIN_MS
}

function happened({ action, exitCode, signal }: DockerContainerHappened, isOutOfMemory: boolean): What | null {
  const code = exitCode === null ? '' : ` with exit code ${exitCode}`
  switch (action) {
    case 'kill':
      if (signal === KILL) return killed
      return signal !== null && STOP_SIGNALS.includes(signal) ? stopped : null
    case 'pause':
      return paused
    case 'oom':
      // Some process of it was killed; whether the container goes with that one, the next event tells.
      return { fault: 'oom', how: 'other', text: 'ran out of memory' }
    case 'die':
      if (isOutOfMemory) return { fault: 'down', how: 'ended', text: 'ran out of memory' }
      return { fault: 'down', how: 'ended', text: `ended by itself${code}` }
    case 'destroy':
      return { fault: 'down', how: 'ended', ...was('removed') }
    default:
      return null
  }
}

function hasEnded(before: State, { service, container }: DockerContainerRead): What | null {
  const known = before.containers[service]?.container?.state
  if (known !== 'running' && known !== 'paused') return null
  if (container?.state === 'paused') return known === 'paused' ? null : paused
  if (container?.state === 'running' || container?.state === 'restarting') return null
  const code = container?.exitCode ?? null
  return { fault: 'down', how: 'ended', ...(code === null ? was('removed') : { text: `ended with exit code ${code}` }) }
}

function ofContainer(before: State, service: string, what: What | null, fromMs: number): readonly Landing[] {
  const part = partOf(before.lab, service)
  return part === null || what === null ? [] : [{ ...what, effects: [], part, fromMs }]
}

/** When the fault was asked for that the engine's event is probably the answer to. */
function requestedMs({ faults, lab }: State, service: string): number | null {
  const part = partOf(lab, service)
  const fault = faults.findLast(({ parts, landedMs, effects }) => {
    return landedMs === null && effects.includes('takes-part-away') && part !== null && parts.includes(part)
  })
  return fault?.requestedMs ?? null
}

function resumption(
  before: State,
  event: LabEvent,
): readonly [service: string, does: 'start' | 'unpause' | 'run'] | null {
  switch (event.type) {
    case 'docker.event':
      return event.action === 'start' || event.action === 'unpause' ? [event.service, event.action] : null
    case 'docker.container': {
      const was = before.containers[event.service]?.container?.state
      if (event.container?.state !== 'running' || was === undefined || isTold(before, event)) return null
      if (was === 'running') return [event.service, 'run']
      return [event.service, was === 'paused' ? 'unpause' : 'start']
    }
    default:
      return null
  }
}
