import { z } from 'zod'
import { FaultError, type FaultKind } from '../../../../faults/fault.ts'
import type { World } from '../../../../faults/world.ts'
import { stateWords } from '../../../../model/words.ts'
import type { HaproxyStats } from '../../events.ts'
import { leaderOf } from '../../health.ts'
import { statsOf } from '../../proxies.ts'
import { patroniOf } from '../../state.ts'
import { askProxy, type ProxyServer, RUNTIME_LINE, readProxyServers } from './runtime-api.ts'

const schema = z.strictObject({
  /** A node by its name, as HAProxy calls it too, or `leader`. */
  server: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'expected the name of a node, or leader'),
  /** `drain`: no new sessions; `maint`: none at all. */
  state: z.enum(['drain', 'maint']).default('maint'),
  listener: z.enum(['leader', 'replicas', 'both']).default('both'),
})
type Params = z.output<typeof schema>

export const proxyServer: FaultKind<Params> = {
  type: 'proxy-server',
  family: 'proxy',
  schema,
  aims: ['proxy'],
  effects: [],
  about: 'Takes one node out of the proxy while it is well, as an operator does: drained, or in maintenance.',
  describe: ({ server, state, listener }, parts) =>
    `${state} ${server} in ${listener === 'both' ? 'both listeners' : `the ${listener} listener`} of ${parts.map((part) => part.name).join(', ')}`,
  async refusal(params, parts, world, signal) {
    for (const { name, service } of parts) {
      const wanted = namesOf(params, name, world)
      if ('why' in wanted) return wanted.why
      const { state } = await world.containers.facts(service, signal)
      if (state !== 'running') return `${name} ${stateWords(state)}`
      const servers = await readProxyServers(service, world, signal)
      if (servers === null) return `${name} has no runtime API: add "${RUNTIME_LINE}" to its global section`
      const refusal = refusalOf(params, wanted, servers, name)
      if (refusal !== null) return refusal
    }
    return null
  },
  async inject(params, parts, scope, signal) {
    const { world } = scope
    const told = parts.map(({ name, service }) => ({ service, names: namesOf(params, name, world) }))
    const wrong = told.find(({ names }) => 'why' in names)
    if (wrong !== undefined) throw new FaultError((wrong.names as Unnamed).why)
    const proofs = await Promise.all(
      told.map(({ service, names }) => {
        return setServer(service, { ...(names as Names), state: params.state }, scope, signal)
      }),
    )
    const servers = [...new Set(told.map(({ names }) => (names as Names).server))]
    const what = `${servers.join(' and ')} in ${params.state}`
    return { text: `has ${what}`, textOfSeveral: `have ${what}`, proof: proofs.join('; ') }
  },
}

interface Names {
  readonly server: string
  readonly backends: readonly string[]
}

interface Unnamed {
  readonly why: string
}

/** What the server and the listeners are called in one proxy. */
function namesOf({ server, listener }: Params, part: string, world: World): Names | Unnamed {
  const state = patroniOf(world.state())
  const proxy = state.lab?.proxies.find((each) => each.name === part)
  if (proxy === undefined) return { why: `the lab definition names no listeners of ${part}` }
  const name = server === 'leader' ? leaderOf(state) : server
  if (name === null) return { why: 'leader: there is none at this moment' }
  const backends = listener === 'both' ? [proxy.leader.proxy, proxy.replicas.proxy] : [proxy[listener].proxy]
  return { server: calledInProxy(name, statsOf(state, part).value), backends }
}

/** A node whose server HAProxy calls otherwise. */
function calledInProxy(node: string, stats: HaproxyStats | null): string {
  const servers = stats?.listeners.flatMap((listener) => listener.servers) ?? []
  return servers.find(({ name }) => name === node)?.calledInProxy ?? node
}

function refusalOf({ state }: Params, { server, backends }: Names, servers: readonly ProxyServer[], proxy: string) {
  for (const backend of backends) {
    const found = servers.find((each) => each.backend === backend && each.server === server)
    if (found === undefined) {
      const known = servers.filter((each) => each.backend === backend).map((each) => each.server)
      return `${proxy} has no server ${server} in ${backend} (there are ${known.join(', ') || 'none'})`
    }
    if (found.admin !== 'ready')
      return `${server} is in ${found.admin} in ${backend} already, so ${state} is not the lab's to end`
  }
  return null
}

async function setServer(
  service: string,
  { server, backends, state }: Names & Pick<Params, 'state'>,
  { world, defer }: Parameters<FaultKind['inject']>[2],
  signal: AbortSignal,
): Promise<string> {
  await defer({ type: 'proxy-server-ready', params: { service, server, backends } })
  const said = await askProxy(
    service,
    backends.map((backend) => `set server ${backend}/${server} state ${state}`),
    world,
    signal,
  )
  const servers = (await readProxyServers(service, world, signal)) ?? []
  const shown = backends.map((backend) => ({
    backend,
    admin: servers.find((each) => each.backend === backend && each.server === server)?.admin ?? 'gone',
  }))
  const wrong = shown.find(({ admin }) => admin !== state)
  if (wrong)
    throw new FaultError(`${wrong.backend}/${server} is ${wrong.admin}, not in ${state}${said ? `: ${said}` : ''}`)
  return `show servers state of ${service}: ${shown.map(({ backend, admin }) => `${backend}/${server} ${admin}`).join(', ')}`
}
