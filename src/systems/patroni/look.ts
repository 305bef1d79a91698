import type { World } from '../../faults/world.ts'
import { fresh } from '../../model/seen.ts'
import type { State as CoreState } from '../../model/state.ts'
import { proxiesOf, statsOf } from './proxies.ts'
import { patroniOf, type State } from './state.ts'

/** patronictl asks etcd for as long as its retry_timeout; without a quorum it would try on. */
const WITHIN_SECONDS = 10

/** `patronictl list` from the first node that can give it, and HAProxy's servers. */
export async function look(
  world: World | null,
  state: () => CoreState,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const cluster = await patronictl(world, signal)
  return [...cluster, ...proxyLines(patroniOf(state()))]
}

async function patronictl(world: World | null, signal: AbortSignal): Promise<string[]> {
  const nodes = world?.parts.filter((part) => part.kind === 'node') ?? []
  const silent: string[] = []
  for (const { name, service } of nodes) {
    try {
      const command = ['timeout', String(WITHIN_SECONDS), 'patronictl', 'list']
      const options = { deadlineMs: (WITHIN_SECONDS + 5) * 1_000 }
      const answer = await world?.containers.exec(service, command, options, signal)
      if (answer?.code === 0) return [`$ patronictl list    (in ${name})`, ...answer.stdout.trimEnd().split('\n')]
      silent.push(name)
    } catch (error) {
      if (signal.aborted) throw error
      silent.push(name)
    }
  }
  return [`$ patronictl list    (no answer within ${WITHIN_SECONDS} s in ${silent.join(', ') || 'any node'})`]
}

function proxyLines(state: State): string[] {
  return proxiesOf(state).flatMap(({ name, leader, replicas }, index) => {
    const stats = fresh(statsOf(state, name))
    const who = index === 0 ? 'HAProxy' : name
    if (stats === null) return [`${who}: does not answer`]
    return stats.listeners.map(({ proxy, servers }) => {
      const states = servers.map((server) => `${server.name} ${server.status} (${server.checkStatus})`)
      const port = [leader, replicas].find((listener) => listener.proxy === proxy)?.port
      return `${who} ${proxy} (${port}): ${states.join(', ')}`
    })
  })
}
