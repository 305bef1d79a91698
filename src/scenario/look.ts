import type { Lab } from '../lab/lab.ts'
import type { State } from '../model/state.ts'
import { statusOf } from '../systems/default-operation.ts'
import { subjectsOf } from '../systems/state.ts'
import { systemOf } from '../systems/systems.ts'

/** Records how the cluster stands now, as its own tools say it, and who served the clients in the last second. */
export async function look({ world, live, log }: Lab, label: string, signal: AbortSignal): Promise<void> {
  const lines: string[] = []
  for (const { name } of subjectsOf(live.current())) {
    const state = () => stateOf(live.current(), name)
    const system = systemOf(state().lab)
    const own = name === null ? world : (world?.of(name) ?? null)
    const told = await (system.look?.(own, state, signal) ?? statusOf(system, state()).lines)
    lines.push(...(name === null ? [] : [`${name}:`]), ...told, ...trafficLines(state()))
  }
  log.append({ type: 'looked', label, text: lines.join('\n') })
}

function stateOf(state: State, name: string | null): State {
  return subjectsOf(state).find((each) => each.name === name)?.state ?? state
}

function trafficLines({ traffic }: State): string[] {
  const tick = traffic.ticks.at(-1)
  if (tick === undefined) return []
  return (['write', 'read'] as const).map((kind) => {
    const served = Object.entries(tick[kind].byServer).sort(([a], [b]) => (a < b ? -1 : 1))
    const by = served.map(([server, count]) => `${server} ${count}`).join(', ') || 'nobody'
    return `${kind}s of the last second: ${by}`
  })
}
