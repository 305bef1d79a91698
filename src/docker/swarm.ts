import { z } from 'zod'
import type { Engine } from './engine.ts'
import { EngineError } from './engine-error.ts'
import type { Host } from './hosts.ts'
import { SetupError } from './progress.ts'

/*
 * One network over several hosts: Docker's own swarm mode joins the engines, and an attachable overlay network carries
 * the containers, which stay plain ones. All hosts are managers: without their majority what runs goes on, but nothing
 * new is attached to the network.
 */

interface Overlay {
  readonly name: string
  readonly subnet: string
}

export interface OpenedHost {
  readonly host: Host
  readonly engine: Engine
}

/** The label of a swarm and of a network that a lab has made, with the lab's mark as its value. */
const MADE_BY = 'chaoslab.lab'

const infoSchema = z.object({
  Swarm: z.object({
    LocalNodeState: z.string(),
    ControlAvailable: z.boolean().default(false),
    Error: z.string().default(''),
    Cluster: z.object({ ID: z.string() }).nullish(),
  }),
})
type Membership = z.output<typeof infoSchema>['Swarm']

const swarmSchema = z.object({
  JoinTokens: z.object({ Manager: z.string() }),
  Spec: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
})

const DEADLINE_MS = 30_000

/**
 * The hosts that are in no swarm yet, and have to join one.
 * @throws {SetupError} some are in one that is not the others'
 */
export async function hostsToJoin(opened: readonly OpenedHost[], mark: string): Promise<readonly OpenedHost[]> {
  const each = await Promise.all(opened.map(async (one) => ({ one, swarm: await membership(one.engine) })))
  const outside = each.filter(({ swarm }) => swarm.LocalNodeState === 'inactive')
  const inside = each.filter((found) => !outside.includes(found))
  const swarms = new Set(inside.map(({ swarm }) => swarm.Cluster?.ID))
  const unfit = inside.find(({ swarm }) => swarm.LocalNodeState !== 'active' || !swarm.ControlAvailable)
  if (unfit !== undefined) {
    const { LocalNodeState: state, Error: why } = unfit.swarm
    const what =
      state === 'active' ? 'is a worker of a Docker swarm, and has to be a manager' : `is ${state} in its swarm`
    throw new SetupError(`${unfit.one.host.name} ${what}${why === '' ? '' : ` (${why})`}: run docker swarm leave there`)
  }
  const [first] = inside
  const isOurs = first === undefined || outside.length === 0 || (await madeBy(first.one.engine)) === mark
  if (swarms.size > 1 || !isOurs) {
    const names = inside.map(({ one }) => one.host.name).join(', ')
    throw new SetupError(
      `${names}: already in a Docker swarm that the other hosts are not in: take that swarm down, or join the others to it`,
    )
  }
  return outside.map(({ one }) => one)
}

/** Makes one swarm of all hosts, those of `joining` being in none. */
export async function joinSwarm(
  opened: readonly OpenedHost[],
  joining: readonly OpenedHost[],
  mark: string,
): Promise<void> {
  const [first] = opened.filter((one) => !joining.includes(one)).concat(joining)
  if (first === undefined || joining.length === 0) return
  const addresses = ({ address }: Host) => ({ ListenAddr: `${address}:2377`, AdvertiseAddr: address })
  if (joining.includes(first)) {
    const Spec = { Name: 'default', Labels: { [MADE_BY]: mark } }
    await call(first, (docker) => docker.swarmInit({ ...addresses(first.host), Spec }))
  }
  const { Manager: JoinToken } = (await inspectSwarm(first.engine)).JoinTokens
  const RemoteAddrs = [`${first.host.address}:2377`]
  // One after the other: each changes whose word counts.
  for (const one of joining) {
    if (one === first) continue
    await call(one, (docker) => docker.swarmJoin({ ...addresses(one.host), RemoteAddrs, JoinToken }))
  }
}

/** Makes the network where it is not there yet. @throws {SetupError} another one is called so */
export async function ensureOverlay(one: OpenedHost, { name, subnet }: Overlay, mark: string): Promise<void> {
  const found = await findOverlay(one, name)
  if (found === null) {
    const IPAM = { Driver: 'default', Config: [{ Subnet: subnet, IPRange: upperHalf(subnet) }] }
    const settings = { Name: name, Driver: 'overlay', Attachable: true, IPAM, Labels: { [MADE_BY]: mark } }
    await call(one, (docker) => docker.createNetwork(settings))
  } else if (!found.isOverlay) {
    throw new SetupError(
      `${one.host.name} has another network that is called ${name}: remove it (docker network rm ${name}), or change the name in the lab definition`,
    )
  }
}

/**
 * What the engines draw addresses of their own from: each has one in the network, and takes the next whenever a host
 * comes back. From the whole subnet they would sooner or later take the fixed one of a container that is down.
 */
function upperHalf(subnet: string): string {
  const [address = '', bits = ''] = subnet.split('/')
  const half = address.split('.').reduce((sum, each) => sum * 256 + Number(each), 0) + 2 ** (31 - Number(bits))
  return `${[24, 16, 8, 0].map((shift) => (half >>> shift) & 255).join('.')}/${Number(bits) + 1}`
}

/** Whether the network is there, on a host that may be in no swarm. */
export async function hasOverlay(one: OpenedHost, { name }: Overlay): Promise<boolean> {
  return (await findOverlay(one, name)) !== null
}

/**
 * Takes the network away that the lab has made, and the swarm that it has made, from the hosts that answer.
 * @returns what stays as it is because the lab has not made it, a line each
 */
export async function leaveSwarm(opened: readonly OpenedHost[], { name }: Overlay, mark: string): Promise<string[]> {
  const states = await Promise.all(opened.map(({ engine }) => membership(engine)))
  const inside = opened.filter((_one, index) => states[index]?.LocalNodeState !== 'inactive')
  const manager = opened.find((_one, index) => states[index]?.ControlAvailable === true)
  if (manager === undefined)
    return inside.map(({ host }) => `${host.name} stays in its swarm, which has no manager here`)
  const network = await findOverlay(manager, name)
  if (network?.madeBy === mark) await call(manager, (docker) => docker.getNetwork(name).remove())
  if ((await madeBy(manager.engine)) !== mark) return ['the swarm was there before the lab, and stays']
  // By force, because the last managers have no majority left to ask.
  await Promise.all(inside.map((one) => call(one, (docker) => docker.swarmLeave({ force: true }))))
  await Promise.all(inside.map(removeGateway))
  return []
}

/** What the engine made for the swarm by itself, and keeps; where somebody else uses it, it stays. */
async function removeGateway({ engine }: OpenedHost): Promise<void> {
  await engine.call((docker) => docker.getNetwork('docker_gwbridge').remove()).catch(() => {})
}

async function membership(engine: Engine): Promise<Membership> {
  return infoSchema.parse(await engine.call((docker) => docker.info())).Swarm
}

async function inspectSwarm(engine: Engine): Promise<z.output<typeof swarmSchema>> {
  return swarmSchema.parse(await engine.call((docker) => docker.swarmInspect()))
}

async function madeBy(engine: Engine): Promise<string | null> {
  return (await inspectSwarm(engine)).Spec.Labels?.[MADE_BY] ?? null
}

const networkSchema = z.object({
  Driver: z.string(),
  Attachable: z.boolean().default(false),
  Labels: z.record(z.string(), z.string()).nullish(),
})

async function findOverlay({ engine }: OpenedHost, name: string) {
  try {
    const answer = await engine.call((docker) => docker.getNetwork(name).inspect())
    const { Driver, Attachable, Labels } = networkSchema.parse(answer)
    return { isOverlay: Driver === 'overlay' && Attachable, madeBy: Labels?.[MADE_BY] ?? null }
  } catch (error) {
    if (error instanceof EngineError && error.statusCode === 404) return null
    throw error
  }
}

function call<T>({ host, engine }: OpenedHost, request: Parameters<typeof engine.call<T>>[0]): Promise<T> {
  return engine.call(request, { deadlineMs: DEADLINE_MS }).catch((error: Error) => {
    throw new SetupError(`${host.name}: ${error.message}`, { cause: error })
  })
}
