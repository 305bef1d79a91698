import { columns } from '../draw/format.ts'
import { readLabDefinition } from '../lab/definition.ts'
import type { Lab } from '../lab/lab.ts'
import { engineOf } from '../model/engines.ts'
import type { State } from '../model/state.ts'
import { statusOf } from '../systems/default-operation.ts'
import { askedOf } from '../systems/default-report.ts'
import { initialState, isHealthy, leaderOf, problemsOf } from '../systems/state.ts'
import { systemOf } from '../systems/systems.ts'
import { attachTo } from './attach.ts'
import { interruptSignal } from './interrupt.ts'
import { openLabEngines } from './lab-engines.ts'
import type { GlobalOptions } from './options.ts'
import { findNotUp, tellNotUp } from './require-up.ts'

const LOOK_MS = 4_000
const SETTLE_MS = 1_000

/** What `status --json` prints, beside what the system says of itself. Null stands for what could not be learned. */
export interface Status {
  readonly healthy: boolean
  /** Why it is not. */
  readonly problems: readonly string[]
  readonly leader: string | null
  readonly containers: readonly {
    readonly service: string
    readonly state: string | null
    readonly health: string | null
  }[]
}

/** Looks at every part once and says how the cluster is. */
export async function status(options: GlobalOptions & { json?: true }): Promise<void> {
  const signal = interruptSignal()
  const definition = await readLabDefinition(options.lab)
  const engines = await openLabEngines(definition)
  const notUp = await findNotUp(definition, options.lab, engines)
  if (notUp !== null) {
    engines.close()
    const why = tellNotUp(notUp)
    const nothing = { ...initialState, lab: definition.place.shape }
    console.log(options.json ? JSON.stringify(toStatus(nothing, [why]), null, 2) : why)
    process.exitCode = 1
    return
  }
  const lab = await attachTo(definition, { engines, hasStats: false })
  const state = await lookOnce(lab, signal)
  await lab.close('status')
  console.log(options.json ? JSON.stringify(toStatus(state), null, 2) : statusText(state))
  process.exitCode = isHealthy(state) ? 0 : 1
}

/** The state once every source has said something, or after four seconds; a second more for what is not whole. */
export async function lookOnce(lab: Pick<Lab, 'live' | 'world'>, signal: AbortSignal): Promise<State> {
  const isComplete = (state: State) => hasAllSpoken(state) && (lab.world === null || areContainersTold(state))
  try {
    const state = await lab.live.until(isComplete, AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]))
    // Some things are known by what others have said: HAProxy's servers by their addresses, what etcd has instead.
    if (!isHealthy(state)) await lab.live.until(isHealthy, AbortSignal.any([signal, AbortSignal.timeout(SETTLE_MS)]))
  } catch (error) {
    if (signal.aborted) throw error
  }
  return lab.live.current()
}

function hasAllSpoken(state: State): boolean {
  const { lab } = state
  if (lab === null) return false
  const system = systemOf(lab)
  const seen = [...askedOf(system, state).map((source) => source.seen), ...(system.awaited?.(state) ?? [])]
  return seen.every((each) => each !== undefined && each.checkedAtMs !== null)
}

/** An engine that does not answer tells of none. */
function areContainersTold(state: State): boolean {
  return Object.entries(state.lab?.containerOf ?? {}).every(
    ([part, service]) => service in state.containers || engineOf(state, part).unreachableSinceMs !== null,
  )
}

/** The state in the documented shape. */
function toStatus(state: State, problems = problemsOf(state)): Status {
  return {
    healthy: problems.length === 0,
    problems,
    leader: leaderOf(state),
    ...statusOf(systemOf(state.lab), state).json,
    containers: Object.entries(state.containers)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([service, { container }]) => ({
        service,
        state: container?.state ?? null,
        health: container?.health ?? null,
      })),
  }
}

/** The same for people. */
function statusText(state: State): string {
  const { healthy, problems, containers } = toStatus(state)
  return [
    healthy ? 'healthy' : `not healthy: ${problems.join('; ')}`,
    '',
    ...statusOf(systemOf(state.lab), state).lines,
    '',
    'containers:',
    ...columns(containers.map((c) => [c.service, c.state ?? 'does not exist', c.health ?? ''])),
  ].join('\n')
}
