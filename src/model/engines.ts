import type { DockerEngineRead, LabEvent } from './events.ts'
import { neverSeen, type Seen, see } from './seen.ts'
import type { State } from './state.ts'

type Engine = State['engine']

/** Takes in what an engine said, or that it did not. */
export function withEngine(state: State, { host, reading, atMs }: LabEvent & DockerEngineRead): State {
  if (host === undefined) return { ...state, engine: see(state.engine, reading, atMs) }
  const engines = { ...state.engines, [host]: see(state.engines[host] ?? neverSeen, reading, atMs) }
  return { ...state, engines, engine: asOne(Object.values(engines)) }
}

/** The engine that has the container of this part. */
export function engineOf({ engine, engines, lab }: Pick<State, 'engine' | 'engines' | 'lab'>, part: string): Engine {
  const host = lab?.hostOf?.[part]
  return host === undefined ? engine : (engines[host] ?? neverSeen)
}

/** The engine that a reading was of. */
export function engineRead({ engine, engines }: Pick<State, 'engine' | 'engines'>, { host }: DockerEngineRead): Engine {
  return host === undefined ? engine : (engines[host] ?? neverSeen)
}

/** Of several, the one that has been away longest while any is; otherwise the one that was heard last. */
function asOne(engines: readonly Engine[]): Engine {
  const away = engines.filter(({ unreachableSinceMs }) => unreachableSinceMs !== null)
  const since = ({ unreachableSinceMs }: Seen<unknown>) => unreachableSinceMs ?? Number.POSITIVE_INFINITY
  if (away.length > 0) return away.reduce((first, each) => (since(each) < since(first) ? each : first))
  return engines.reduce(
    (last, each) => ((each.seenAtMs ?? 0) > (last.seenAtMs ?? 0) ? each : last),
    neverSeen as Engine,
  )
}
