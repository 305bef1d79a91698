import type { DockerContainerHappened, DockerContainerRead, LabEvent, Verb } from './events.ts'
import type { FaultEffect } from './fault-effect.ts'
import { type Predicate, was } from './predicate.ts'
import type { State } from './state.ts'

/**
 * How a fault meets its part. `killed`: at once, with no chance to clean up. `stopped`: asked to end, so that Patroni
 * can hand over. `ended`: by itself, or nobody knows why. `cut`: it runs, and cannot reach etcd. `frozen`: its Patroni
 * does nothing, and its PostgreSQL goes on.
 */
export type FaultHow = 'killed' | 'stopped' | 'ended' | 'paused' | 'cut' | 'frozen' | 'other'

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

/** What showed that a fault is over. */
export type LiftingHow = 'healed' | 'runs' | 'goes-on' | 'resumed' | 'started'

export interface Lifting {
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
    case 'fault.landed':
      if (event.isSeenByDocker === true) return []
      return event.parts.map((part) => {
        const { fault, text, textOfSeveral, effects = [], fromMs = event.atMs } = event
        return { part, fault, how: howBy(effects), effects, text, textOfSeveral, fromMs }
      })
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
    case 'action.done': {
      const from = before.actions.findLast((action) => action.id === event.id)?.requestedMs ?? event.atMs
      return ofContainer(before, event.service, BY_VERB[event.verb] ?? null, from)
    }
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
    ])
  }
  const [service, does] = resumption(before, event) ?? [null, null]
  const part = service === null ? null : labPart(before, service)
  if (part === null || does === null) return []
  if (does === 'run') return [{ part, fault: 'oom', how: 'goes-on' }]
  const resumed: Lifting = { part, fault: 'paused', how: 'resumed' }
  if (does === 'unpause') return [resumed]
  return [{ part, fault: 'down', how: 'started' }, resumed, { part, fault: 'oom', how: 'started' }]
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
const BY_VERB: Partial<Record<Verb, What>> = { kill: killed, stop: stopped, restart: stopped, pause: paused }

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
  const part = labPart(before, service)
  return part === null || what === null ? [] : [{ ...what, effects: [], part, fromMs }]
}

/** When the action was asked for that the engine's event is probably the answer to. */
function requestedMs(before: State, service: string): number | null {
  const action = before.actions.findLast((each) => each.service === service)
  return action !== undefined && action.endedMs === null && BY_VERB[action.verb] ? action.requestedMs : null
}

function resumption(
  before: State,
  event: LabEvent,
): readonly [service: string, does: 'start' | 'unpause' | 'run'] | null {
  switch (event.type) {
    case 'docker.event':
      return event.action === 'start' || event.action === 'unpause' ? [event.service, event.action] : null
    case 'action.done':
      if (event.verb === 'unpause') return [event.service, 'unpause']
      return event.verb === 'start' || event.verb === 'restart' ? [event.service, 'start'] : null
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

/** The part of the lab that a container stands behind; null when it is none of the lab's. */
function labPart(state: State, service: string): string | null {
  const entry = Object.entries(state.lab?.containerOf ?? {}).find(([, container]) => container === service)
  return entry?.[0] ?? null
}
