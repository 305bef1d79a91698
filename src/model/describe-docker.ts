import { engineRead } from './engines.ts'
import type { Container, DockerContainerHappened, DockerContainerRead, DockerEngineRead } from './events.ts'
import { partOf } from './part-of.ts'
import { nothing, type Remark, type Remarks } from './remark.ts'
import type { State } from './state.ts'
import { formatDuration } from './units.ts'
import { stateWords } from './words.ts'

/** What happened to a container, and whether the engine can be heard at all. */
export function describeDocker(
  before: State,
  event: DockerEngineRead | DockerContainerRead | DockerContainerHappened,
  after: State,
): Remarks {
  if (event.type === 'docker.engine') return onEngine(before, event, after)
  const source = partOf(after.lab, event.service) ?? event.service
  if (event.type === 'docker.event') {
    const said = happened(event)
    return said === null ? nothing : [{ ...said, source }]
  }
  return onReading(before, event, after).map((said) => ({ ...said, source }))
}

type Said = Omit<Remark, 'source'>

function onEngine(before: State, event: DockerEngineRead, after: State): Remarks {
  const source = event.host ?? 'docker'
  const wasAwaySinceMs = engineRead(before, event).unreachableSinceMs
  const { unreachableSinceMs, error } = engineRead(after, event)
  if (unreachableSinceMs !== null) {
    if (wasAwaySinceMs !== null) return nothing
    return [{ level: 'bad', source, text: `the engine cannot be heard (${error})` }]
  }
  if (wasAwaySinceMs === null) return nothing
  return [
    { level: 'good', source, text: `the engine is heard again after ${formatDuration(after.atMs - wasAwaySinceMs)}` },
  ]
}

function happened({ action, exitCode, signal }: DockerContainerHappened): Said | null {
  if (action === 'die') return { level: exitCode === 0 ? 'warn' : 'bad', text: `container ended${withCode(exitCode)}` }
  if (action === 'kill') return { level: 'warn', text: `container was sent ${signalName(signal)}` }
  return HAPPENED[action] ?? onHealth(action)
}

const HAPPENED: Readonly<Record<string, Said>> = {
  start: { level: 'good', text: 'container started' },
  pause: { level: 'bad', text: 'container paused' },
  unpause: { level: 'good', text: 'container goes on' },
  destroy: { level: 'bad', text: 'container removed' },
  oom: { level: 'bad', text: 'container ran out of memory' },
}

/** `health_status: healthy` comes at every change of a health check. */
function onHealth(action: string): Said | null {
  const health = /^health_status: (\w+)/.exec(action)?.[1]
  if (health === undefined) return null
  return { level: health === 'healthy' ? 'good' : 'warn', text: `container is ${health}` }
}

/** A reading tells something new only where the event stream did not: at the start, and after it was lost. */
function onReading(before: State, event: DockerContainerRead, after: State): readonly Said[] {
  const known = before.containers[event.service]
  const [was, is] = [known?.container, event.container]
  if (was === undefined) return is?.state === 'running' ? [] : [state(is)]
  if (was?.state === is?.state && was?.id === is?.id) return []
  const toldMs = after.atMs - (known?.happenedAtMs ?? Number.NEGATIVE_INFINITY)
  return toldMs < TOLD_BY_STREAM_MS ? [] : [state(is)]
}

const TOLD_BY_STREAM_MS = 5_000

function state(container: Container | null): Said {
  if (container === null) return { level: 'bad', text: 'container does not exist' }
  if (container.state === 'running') return { level: 'good', text: 'container is running' }
  return { level: 'bad', text: `container ${stateWords(container.state, container.exitCode)}` }
}

function withCode(exitCode: number | null): string {
  return exitCode === null ? '' : ` with exit code ${exitCode}`
}

const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  12: 'SIGUSR2',
  15: 'SIGTERM',
  18: 'SIGCONT',
  19: 'SIGSTOP',
}

function signalName(signal: number | null): string {
  return signal === null ? 'a signal' : (SIGNALS[signal] ?? `signal ${signal}`)
}
