import type { Clock } from '../../log/clock.ts'
import { SLOTS, shardOf, type VectorsClients } from './clients.ts'

/** One vector of the run, where it was found. */
export interface FoundRow {
  readonly shard: string
  readonly key: number
  /** The write that it came by. */
  readonly seq: number
  /** By the map its slot is that shard's. */
  readonly isInPlace: boolean
}

export interface ShardsRead {
  readonly rows: readonly FoundRow[]
  /** Copies that hold other rows than their leader does, at the same position or when waiting was over. */
  readonly differing: readonly string[]
  /** Copies whose node did not answer. */
  readonly unread: readonly string[]
}

/** How long the copies have to become level, and moves to end, before all is read. */
const LEVEL_WITHIN_MS = 30_000
const POLL_MS = 500
const ANSWERS_WITHIN_MS = 10_000
const PAGE = 2_000

/**
 * Waits until nothing moves and all copies of a shard are the same, and reads every shard from its leader's own copy,
 * past the gateway. Rejects when a shard has no leader that can be read, and where a leader or the map changed meanwhile.
 */
export async function readShards(
  clients: VectorsClients,
  runId: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<ShardsRead> {
  const untilMs = clock.nowMs() + LEVEL_WITHIN_MS
  for (;;) {
    const isOver = clock.nowMs() >= untilMs
    const read = await readOnce(clients, runId, isOver, signal)
    if (read !== null) return read
    await clock.sleep(POLL_MS, signal)
  }
}

/** Null while it is worth while to wait. */
async function readOnce(
  clients: VectorsClients,
  runId: string,
  isOver: boolean,
  signal: AbortSignal,
): Promise<ShardsRead | null> {
  const seen = await lookAround(clients, signal)
  if (!isOver && (seen.moves > 0 || seen.unlike.length > 0)) return null
  const rows = await Promise.all(seen.shards.map((shard) => rowsOf(clients, shard, runId, signal)))
  if ((await newestMap(clients, signal)).version !== seen.version) throw new Error('the map changed while it was read')
  return { rows: rows.flat(), differing: seen.unlike, unread: seen.unread }
}

interface Around {
  readonly version: number | null
  readonly moves: number
  readonly shards: readonly Shard[]
  readonly unlike: readonly string[]
  readonly unread: readonly string[]
}

interface Shard {
  readonly id: string
  readonly key: string
  readonly url: string
  readonly slots: ReadonlySet<number>
}

/** The map as it is, and whether copies are alike. */
async function lookAround(clients: VectorsClients, signal: AbortSignal): Promise<Around> {
  const map = await newestMap(clients, signal)
  const unlike: string[] = []
  const unread: string[] = []
  const shards: Shard[] = []
  for (const { shard_id: id, epoch, primary_replica_id: primary, replicas } of map.replication.shards) {
    const leader = replicas.find((member) => member.replica_id === primary)
    if (leader === undefined) throw new Error(`${id} has no leader`)
    const url = outside(clients, leader.url)
    const slots = new Set(fromRanges(map.sharding.shards.find((each) => each.shard_id === id)?.slots ?? ''))
    const key = await keyOf(url, { id, epoch, slots }, signal)
    shards.push({ id, key, url, slots })
    const own = await digestOf(clients, url, key, signal)
    if (own === null) throw new Error(`the leader of ${id} does not answer`)
    for (const member of replicas.filter((each) => each !== leader)) {
      const digest = await digestOf(clients, outside(clients, member.url), key, signal)
      const name = `${id} on ${nodeOf(clients, member.url)}`
      if (digest === null) unread.push(name)
      else if (digest !== own) unlike.push(name)
    }
  }
  return { version: map.version, moves: map.sharding.moves.length, shards, unlike, unread }
}

interface MapBody {
  /** Null where maps have no versions. */
  readonly version: number | null
  readonly replication: {
    readonly map_version: number | null
    readonly shards: readonly {
      readonly shard_id: string
      readonly epoch: number
      readonly primary_replica_id: string
      readonly replicas: readonly { readonly replica_id: string; readonly url: string }[]
    }[]
  }
  readonly sharding: {
    readonly map_version?: number | null
    readonly moves: readonly unknown[]
    readonly shards: readonly { readonly shard_id: string; readonly slots: string }[]
  }
}

/** A gateway that is cut off from where the map is kept goes on by what it knows: the latest map counts. */
async function newestMap({ gateways }: VectorsClients, signal: AbortSignal): Promise<MapBody> {
  const maps = await Promise.all(gateways.map(({ url }) => mapOf(url, signal).catch(() => null)))
  const [newest] = maps.flatMap((map) => map ?? []).toSorted((a, b) => (b.version ?? 0) - (a.version ?? 0))
  if (newest === undefined) throw new Error('no gateway says who has what')
  return newest
}

async function mapOf(url: string, signal: AbortSignal): Promise<MapBody | null> {
  const [replication, sharding] = await Promise.all([
    getJson(`${url}/replication/info`, signal),
    getJson(`${url}/sharding/info`, signal),
  ])
  const body = { replication, sharding } as Partial<MapBody>
  if (!body.replication?.shards || !body.sharding?.shards) return null
  const { map_version: version } = body.replication
  return version === (body.sharding.map_version ?? null) ? ({ ...body, version } as MapBody) : null
}

function outside({ nodes }: VectorsClients, inside: string): string {
  return nodes.find((node) => node.inside === inside)?.url ?? inside
}

function nodeOf({ nodes }: VectorsClients, inside: string): string {
  return nodes.find((node) => node.inside === inside)?.name ?? inside
}

/** How the leader of a shard calls its copy. @throws where it leads by another epoch, or serves other slots, than the map says */
async function keyOf(
  url: string,
  { id, epoch, slots }: { readonly id: string; readonly epoch: number; readonly slots: ReadonlySet<number> },
  signal: AbortSignal,
): Promise<string> {
  const { members = [] } = (await getJson(`${url}/info`, signal)) as { readonly members?: readonly Leading[] }
  const copies = members.filter(({ key }) => shardOf(key) === id)
  const leader = copies.find(({ leads }) => leads != null)
  const served = leader?.slots === undefined ? [...slots] : fromRanges(leader.slots)
  const isAlike = served.length === slots.size && served.every((slot) => slots.has(slot))
  if (leader?.leads != null && (leader.leads.epoch !== epoch || !isAlike))
    throw new Error(`the map is not that of the leader of ${id}`)
  return (leader ?? copies[0])?.key ?? id
}

interface Leading {
  readonly key: string
  readonly leads?: { readonly epoch: number } | null
  /** Those that it serves, as ranges; left out by one that does not know. */
  readonly slots?: string
}

async function digestOf(
  clients: VectorsClients,
  url: string,
  key: string,
  signal: AbortSignal,
): Promise<string | null> {
  const reply = await ask(clients, url, key, { type: 'digest' }, signal).catch(() => null)
  return typeof reply?.digest === 'string' ? reply.digest : null
}

interface RowBody {
  readonly id: string
  readonly slot: number
  readonly metadata: { readonly seq?: unknown }
}

const EVERY_SLOT = Array.from({ length: SLOTS }, (_, slot) => slot)

async function rowsOf(
  clients: VectorsClients,
  { id: shard, key, url, slots }: Shard,
  runId: string,
  signal: AbortSignal,
): Promise<readonly FoundRow[]> {
  const found: FoundRow[] = []
  for (let after: unknown = null; ; ) {
    const page = await ask(clients, url, key, { type: 'export', slots: EVERY_SLOT, after, most: PAGE }, signal)
    if (page.type !== 'exported') throw new Error(`${shard} cannot be read: ${String(page.type)}`)
    for (const { id, slot, metadata } of page.rows as readonly RowBody[]) {
      if (!id.startsWith(`${runId}-`)) continue
      const own = { shard, key: Number(id.slice(runId.length + 1)), seq: Number(metadata.seq) }
      found.push({ ...own, isInPlace: slots.has(slot) })
    }
    after = page.cursor
    if (after === null || after === undefined) return found
  }
}

type Reply = Readonly<Record<string, unknown>>

async function ask(
  { secret }: VectorsClients,
  url: string,
  key: string,
  message: object,
  signal: AbortSignal,
): Promise<Reply> {
  const response = await fetch(`${url}/internal/shards/${encodeURIComponent(key)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-vectors-secret': secret },
    body: JSON.stringify(message),
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWERS_WITHIN_MS)]),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return (await response.json()) as Reply
}

async function getJson(url: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWERS_WITHIN_MS)]) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response.json()
}

/** `0-3,7` for 0, 1, 2, 3 and 7. */
function fromRanges(text: string): readonly number[] {
  if (text === '') return []
  return text.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, at) => from + at)
  })
}
