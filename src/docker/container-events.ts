import { z } from 'zod'
import type { Engine } from './engine.ts'
import { type ContainerScope, eventFilter, serviceOf } from './scope.ts'

/** One thing that happened to a container of the scope. */
export interface ContainerEvent {
  readonly service: string
  readonly containerId: string
  /** start, die, …, `health_status: healthy`: as the engine says it. */
  readonly action: string
  /** Of `die`. */
  readonly exitCode: number | null
  /** Of `kill`. */
  readonly signal: number | null
  /** The engine's own wall clock, Unix nanoseconds (rounded by JSON to about a quarter of a microsecond). */
  readonly timeNano: number
}

/** Left out: exec_* (every health check makes three), attach, top, resize and the like. */
const TOLD = [
  'create',
  'start',
  'restart',
  'stop',
  'kill',
  'die',
  'oom',
  'pause',
  'unpause',
  'rename',
  'destroy',
  'health_status',
]

const eventSchema = z.object({
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() }),
  timeNano: z.number().default(0),
})

/**
 * Resolves once the engine has opened its event stream, so that a list taken after it misses nothing. The iterable
 * ends when the signal aborts and throws an {@link EngineError} (`cut`) when the stream breaks. Shapes: Docker Engine
 * API, `GET /events`; `status`, `id` and `from` are not read, as later engines leave them out.
 */
export async function containerEvents(
  engine: Engine,
  scope: ContainerScope,
  signal?: AbortSignal,
): Promise<AsyncIterable<ContainerEvent>> {
  const filters = JSON.stringify({ type: ['container'], event: TOLD, ...eventFilter(scope) })
  const lines = await engine.stream((docker, abortSignal) => docker.getEvents({ filters, abortSignal }), { signal })
  return eventsOf(lines, scope)
}

async function* eventsOf(lines: AsyncIterable<unknown>, scope: ContainerScope): AsyncGenerator<ContainerEvent, void> {
  for await (const line of lines) {
    const event = toEvent(line, scope)
    if (event !== null) yield event
  }
}

function toEvent(line: unknown, scope: ContainerScope): ContainerEvent | null {
  const parsed = eventSchema.safeParse(line)
  if (!parsed.success) return null
  const { Action: action, Actor: actor, timeNano } = parsed.data
  const attributes = actor.Attributes ?? {}
  const service = serviceOf(scope, attributes.name ?? '', attributes)
  if (service === null || !TOLD.includes(action.split(':')[0] ?? '')) return null
  return {
    service,
    containerId: actor.ID,
    action,
    exitCode: action === 'die' ? toNumber(attributes.exitCode) : null,
    signal: action === 'kill' ? toNumber(attributes.signal) : null,
    timeNano,
  }
}

function toNumber(text: string | undefined): number | null {
  const number = Number(text)
  return text === undefined || text === '' || Number.isNaN(number) ? null : number
}
