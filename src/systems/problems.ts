import { engineOf } from '../model/engines.ts'
import type { Seen } from '../model/seen.ts'
import type { State } from '../model/state.ts'
import { stateWords } from '../model/words.ts'

/* What keeps any system from being whole, one short reason a part. */

type Containers = Pick<State, 'engine' | 'engines' | 'lab' | 'containers'>

/** Only of those that stand behind a part; a part that nobody misses may have none. */
export function problemsOfContainers(
  { engine, engines, lab, containers }: Containers,
  isMissed: (part: string) => boolean = () => true,
): string[] {
  const away = Object.entries(engines).flatMap(([host, { unreachableSinceMs, error }]) => {
    return unreachableSinceMs === null ? [] : [`${host}: its engine does not answer (${error})`]
  })
  const those = Object.entries(lab?.containerOf ?? {}).flatMap(([part, service]) => {
    if (engineOf({ engine, engines, lab }, part).unreachableSinceMs !== null) return []
    const known = containers[service]
    if (known === undefined || known.container?.state === 'running') return []
    const { container } = known
    if (container === null) return isMissed(part) ? [`${service}: its container does not exist`] : []
    const { state, exitCode, name } = container
    const log = exitCode === null ? '' : `: docker logs ${name}`
    return [`${service}: its container ${stateWords(state, exitCode)}${log}`]
  })
  return [...away, ...those]
}

/** A source that was never seen, or does not answer; `who`: PostgreSQL on it, or the part itself. */
export function problemsOfSource(part: string, seen: Seen<unknown> | undefined, who = 'it'): string[] {
  if (seen === undefined || seen.checkedAtMs === null) return [`${part}: not seen yet`]
  return seen.unreachableSinceMs === null ? [] : [`${part}: ${who} does not answer (${seen.error})`]
}
