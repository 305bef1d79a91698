import type { Lab } from '../lab/lab.ts'
import { fresh } from '../model/seen.ts'
import type { State } from '../model/state.ts'
import { proxiesOf, statsOf } from '../systems/patroni/proxies.ts'
import { patroniOf } from '../systems/patroni/state.ts'

/** patronictl asks etcd for as long as its retry_timeout; without a quorum it would try on. */
const WITHIN_SECONDS = 10

/**
 * Records how the cluster stands now: `patronictl list` from the first node that can give it, HAProxy's servers, and who
 * served the clients in the last second.
 */
export async function look(lab: Lab, label: string, signal: AbortSignal): Promise<void> {
  const cluster = await patronictl(lab, signal)
  const state = lab.live.current()
  const text = [...cluster, ...proxyLines(state), ...trafficLines(state)].join('\n')
  lab.log.append({ type: 'looked', label, text })
}

async function patronictl({ world }: Lab, signal: AbortSignal): Promise<string[]> {
  const nodes = world?.parts.filter((part) => part.kind === 'node') ?? []
  const silent: string[] = []
  for (const { name, service } of nodes) {
    try {
      const command = ['timeout', String(WITHIN_SECONDS), 'patronictl', 'list']
      const options = { deadlineMs: (WITHIN_SECONDS + 5) * 1_000 }
      const { code, stdout } = (await world?.containers.exec(service, command, options, signal)) ?? {
        code: 1,
        stdout: '',
      }
      if (code === 0) return [`$ patronictl list    (in ${name})`, ...stdout.trimEnd().split('\n')]
      silent.push(name)
    } catch (error) {
      if (signal.aborted) throw error
      silent.push(name)
    }
  }
  return [`$ patronictl list    (no answer within ${WITHIN_SECONDS} s in ${silent.join(', ') || 'any node'})`]
}

function proxyLines(core: State): string[] {
  const state = patroniOf(core)
  const proxies = proxiesOf(state)
  return proxies.flatMap(({ name, leader, replicas }, index) => {
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

function trafficLines({ traffic }: State): string[] {
  const tick = traffic.ticks.at(-1)
  if (tick === undefined) return []
  return (['write', 'read'] as const).map((kind) => {
    const served = Object.entries(tick[kind].byServer).sort(([a], [b]) => (a < b ? -1 : 1))
    const by = served.map(([server, count]) => `${server} ${count}`).join(', ') || 'nobody'
    return `${kind}s of the last second: ${by}`
  })
}
