import { z } from 'zod'
import { FaultError, type FaultKind } from '../../../../faults/fault.ts'
import type { World } from '../../../../faults/world.ts'
import { leaderOf } from '../../health.ts'
import { patroniOf, type State } from '../../state.ts'
import { askProxy, type ProxyServer, RUNTIME_LINE, readServers } from './runtime-api.ts'

const schema = z.strictObject({
  /** A node by its name, as HAProxy calls it too, or `leader`. */
  server: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'expected the name of a node, or leader'),
  /** `drain`: no new sessions; `maint`: none at all. */
  state: z.enum(['drain', 'maint']).default('maint'),
  /** In which listeners. */
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
    const wanted = await namesOf(params, world).catch((error: Error) => error)
    if (wanted instanceof Error) return wanted.message
    for (const { name, service } of parts) {
      const { state } = await world.containers.facts(service, signal)
      if (state !== 'running') return `${name} is ${state}`
      const servers = await readServers(service, world, signal)
      if (servers === null) return `${name} has no runtime API: add "${RUNTIME_LINE}" to its global section`
      const refusal = refusalOf(params, wanted, servers, name)
      if (refusal !== null) return refusal
    }
    return null
  },
  async inject(params, parts, scope, signal) {
    const { world } = scope
    const { server, backends } = await namesOf(params, world)
    const proofs = await Promise.all(
      parts.map(({ service }) => setServer(service, { server, backends, state: params.state }, scope, signal)),
    )
    const what = `${server} in ${params.state}`
    return { text: `has ${what}`, textOfSeveral: `have ${what}`, proof: proofs.join('; ') }
  },
}

interface Names {
  readonly server: string
  readonly backends: readonly string[]
}

async function namesOf({ server, listener }: Params, world: World): Promise<Names> {
  const state = patroniOf(world.state())
  const listeners = state.lab?.listeners
  if (!listeners) throw new FaultError('the lab definition names no listeners')
  const name = server === 'leader' ? leaderOf(state) : server
  if (name === null) throw new FaultError('leader: there is none at this moment')
  const backends =
    listener === 'both' ? [listeners.leader.proxy, listeners.replicas.proxy] : [listeners[listener].proxy]
  return { server: calledInProxy(name, state), backends }
}

/** A node whose server HAProxy calls otherwise. */
function calledInProxy(node: string, { haproxy }: State): string {
  const servers = haproxy.value?.listeners.flatMap((listener) => listener.servers) ?? []
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
  const servers = (await readServers(service, world, signal)) ?? []
  const shown = backends.map((backend) => ({
    backend,
    admin: servers.find((each) => each.backend === backend && each.server === server)?.admin ?? 'gone',
  }))
  const wrong = shown.find(({ admin }) => admin !== state)
  if (wrong)
    throw new FaultError(`${wrong.backend}/${server} is ${wrong.admin}, not in ${state}${said ? `: ${said}` : ''}`)
  return `show servers state of ${service}: ${shown.map(({ backend, admin }) => `${backend}/${server} ${admin}`).join(', ')}`
}
