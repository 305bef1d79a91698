import { z } from 'zod'
import { FaultError, type FaultKind, type FaultScope, type UndoKind } from '../../../faults/fault.ts'
import { namesOf, type Part } from '../../../faults/part.ts'
import type { World } from '../../../faults/world.ts'
import type { State } from '../../../model/state.ts'
import type { VectorsClients } from '../../../workloads/vectors/clients.ts'
import { shardsOf } from '../known.ts'

const WORDS = {
  shard: { path: '/sharding/shards', id: 'shard_id', url: 'shard_url' },
  replica: { path: '/replication/replicas', id: 'replica_id', url: 'replica_url' },
} as const
type Kind = keyof typeof WORDS

const schema = z.strictObject({
  /** What it is called; what is there already is refused. */
  called: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,32}$/)
    .default('added'),
})
type Params = z.output<typeof schema>

const about = {
  shard: 'Adds a shard on a node: its share of the slots moves there under load; healed, they move away and it goes.',
  replica: 'Adds a copy of every shard on a node: it gets all data while writes go on; healed, it is removed.',
}

const added = (kind: Kind): FaultKind<Params> => ({
  type: `add-${kind}`,
  family: 'membership',
  schema,
  aims: ['app'],
  effects: [],
  about: about[kind],
  describe: ({ called }, parts) => `add the ${kind} ${called} on ${namesOf(parts)}`,
  async refusal({ called }, parts, world, signal) {
    if (parts.length !== 1) return `a ${kind} is added on one node at a time`
    const there = await idsOf(kind, world, signal)
    return there.includes(called) ? `there is a ${kind} ${called} already` : null
  },
  async inject({ called }, parts, scope, signal) {
    await scope.defer({ type: `remove-${kind}`, params: { called } })
    await add(kind, called, parts[0] as Part, scope, signal)
    const ids = await idsOf(kind, scope.world, signal)
    if (!ids.includes(called)) throw new FaultError(`the gateway took it, and has no ${kind} ${called}`)
    // Whoever waits now for all to be well does not go by what was seen before.
    await scope.world.until((state) => isSeen(kind, called, state), signal)
    return { text: `was given the ${kind} ${called}`, proof: `the gateway's map has it` }
  },
})

const removed = (kind: Kind): UndoKind<Params> => ({
  type: `remove-${kind}`,
  schema,
  async perform({ called }, world, signal) {
    for (;;) {
      if (!(await idsOf(kind, world, signal)).includes(called)) return
      const { status, body } = await ask(world, 'DELETE', `${WORDS[kind].path}/${called}`, signal)
      // Too few members answer, or another change is under way: tried again.
      if (status >= 400 && status !== 503 && status !== 404) throw new FaultError(problemOf(body, status))
      await world.clock.sleep(POLL_MS, signal)
    }
  },
  async remains({ called }, world, signal) {
    return (await idsOf(kind, world, signal)).includes(called) ? `the ${kind} ${called} is still in the map` : null
  },
  byHand({ called }, world) {
    return `curl -X DELETE ${clientsOf(world).gateways[0]?.url}${WORDS[kind].path}/${called}`
  },
})

export const membershipFaults = [added('shard'), added('replica')]
export const membershipUndos = [removed('shard'), removed('replica')]

const POLL_MS = 500

function isSeen(kind: Kind, called: string, state: State): boolean {
  const shards = shardsOf(state)
  return kind === 'shard'
    ? shards.some(({ id }) => id === called)
    : shards.some(({ members }) => members.some(({ id }) => id === called))
}

async function add(
  kind: Kind,
  called: string,
  { name }: Part,
  { world }: FaultScope,
  signal: AbortSignal,
): Promise<void> {
  const node = clientsOf(world).nodes.find((each) => each.name === name)
  if (node === undefined) throw new FaultError(`${name} is no node that holds copies`)
  const { path, id, url } = WORDS[kind]
  const query = new URLSearchParams({ [id]: called, [url]: node.inside })
  const { status, body } = await ask(world, 'POST', `${path}?${query}`, signal)
  if (status >= 300) throw new FaultError(problemOf(body, status))
}

async function idsOf(kind: Kind, world: World, signal: AbortSignal): Promise<readonly string[]> {
  const { body } = await ask(world, 'GET', kind === 'shard' ? '/sharding/info' : '/replication/info', signal)
  const { shards = [] } = body as { readonly shards?: readonly ShardBody[] }
  if (kind === 'shard') return shards.map(({ shard_id: id }) => id)
  return shards.flatMap(({ replicas = [] }) => replicas.map(({ replica_id: id }) => id))
}

interface ShardBody {
  readonly shard_id: string
  readonly replicas?: readonly { readonly replica_id: string }[]
}

async function ask(world: World, method: string, path: string, signal: AbortSignal) {
  const [gateway] = clientsOf(world).gateways
  const response = await fetch(`${gateway?.url}${path}`, { method, signal })
  return { status: response.status, body: (await response.json()) as unknown }
}

function problemOf(body: unknown, status: number): string {
  return (body as { readonly error?: { readonly message?: string } }).error?.message ?? `HTTP ${status}`
}

function clientsOf({ control }: World): VectorsClients {
  return control as VectorsClients
}
