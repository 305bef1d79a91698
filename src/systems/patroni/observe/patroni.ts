import type { LogAndClock } from '../../../log/event-log.ts'
import { parseJson } from '../../../model/parse-json.ts'
import { type HttpSource, httpSource } from '../../../observe/http-source.ts'
import { poll, pollAny, SourceError } from '../../../observe/poll.ts'
import { parseCluster, parseConfig, parseNode } from './patroni-answers.ts'

const NODE_EVERY_MS = 500
const CLUSTER_EVERY_MS = 1_000
const CONFIG_EVERY_MS = 5_000

interface PatroniSources extends LogAndClock {
  /** `rest` is the base URL of the node's REST API. */
  readonly nodes: readonly { readonly name: string; readonly rest: string }[]
  /** `restapi.authentication`; Patroni asks for it on unsafe requests only, a proxy before it may always. */
  readonly auth: { readonly user: string; readonly password: string } | null
}

/**
 * Watches Patroni's REST API: every node's own word (`/patroni`, twice a second, each node by itself), and what the
 * cluster as a whole says (`/cluster` each second, `/config` every five) from the first node that answers.
 * Resolves when `signal` aborts and the connections are closed; never rejects.
 */
export async function observePatroni({ log, clock, nodes, auth }: PatroniSources, signal: AbortSignal): Promise<void> {
  const sources = nodes.map(({ name, rest }) => ({ name, http: httpSource(rest, auth) }))
  await Promise.all([
    ...sources.map(({ name, http }) =>
      poll(signal, {
        clock,
        everyMs: NODE_EVERY_MS,
        // 503 says that PostgreSQL is not running: a bad state, but a good answer.
        ask: async (call) => parseNode(await json(http, 'patroni', call, [200, 503])),
        report: (reading) => log.append({ type: 'patroni.node', node: name, reading }),
      }),
    ),
    pollAny(signal, {
      clock,
      everyMs: CLUSTER_EVERY_MS,
      sources,
      ask: async ({ http }, call) => parseCluster(await json(http, 'cluster', call, [200])),
      report: (source, reading) => log.append({ type: 'patroni.cluster', via: source.name, reading }),
    }),
    pollAny(signal, {
      clock,
      everyMs: CONFIG_EVERY_MS,
      sources,
      ask: async ({ http }, call) => parseConfig(await json(http, 'config', call, [200])),
      report: (source, reading) => log.append({ type: 'patroni.config', via: source.name, reading }),
    }),
  ])
  for (const { http } of sources) http.close()
}

async function json(http: HttpSource, path: string, signal: AbortSignal, good: readonly number[]): Promise<unknown> {
  const { status, body } = await http.get(signal, path)
  if (!good.includes(status)) throw new SourceError(`HTTP ${status}`)
  const content = parseJson(body)
  if (content === undefined) throw new SourceError(status === 200 ? 'not JSON' : `HTTP ${status}`)
  return content
}
