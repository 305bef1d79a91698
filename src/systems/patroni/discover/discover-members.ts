import { z } from 'zod'
import type { Neighbour } from '../../../docker/neighbours.ts'
import type { Address } from '../../../model/address.ts'
import { askJson, firstOpen, urlOf, waysTo } from './reach.ts'

/** A node of Patroni. `host` and `port` are PostgreSQL's, as the nodes call each other. */
export interface FoundMember {
  readonly name: string
  readonly isLeader: boolean
  readonly host: string
  readonly port: number
  readonly container: Neighbour | null
  /** Where it can be reached from here; null when it cannot. */
  readonly rest: Address | null
  readonly postgres: Address | null
  /** Its own word of where its REST API is. */
  readonly apiUrl: string
}

const clusterSchema = z.object({
  scope: z.string().optional(),
  members: z
    .array(
      z.object({
        name: z.string(),
        role: z.string(),
        host: z.string().default(''),
        port: z.coerce.number().default(5432),
        api_url: z.string(),
      }),
    )
    .min(1),
})
const nodeSchema = z.object({ patroni: z.object({ name: z.string().optional(), scope: z.string() }) })

export async function discoverMembers(
  from: Address,
  neighbours: readonly Neighbour[],
  signal: AbortSignal,
): Promise<{ readonly scope: string; readonly members: readonly FoundMember[] }> {
  const cluster = clusterSchema.safeParse(await askJson(urlOf(from, '/cluster'), signal)).data
  const scope = cluster?.scope ?? (await nodeAt(from, signal))?.scope
  if (cluster === undefined || scope === undefined) {
    throw new Error(
      `nothing at ${from.host}:${from.port} answers as Patroni's REST API does: give the address of a node's (restapi.connect_address, often port 8008)`,
    )
  }
  const members = cluster.members.map(async ({ name, role, host, port, api_url }): Promise<FoundMember> => {
    const api = addressOf(api_url)
    const container = neighbours.find(({ addresses, name }) => addresses.includes(host) || name === host) ?? null
    const restWays = container === null ? [from, api] : [...waysTo(container, api.port), from, api]
    return {
      name,
      isLeader: role === 'leader' || role === 'standby_leader',
      host,
      port,
      apiUrl: api_url,
      container,
      rest: await whereIs(name, restWays, signal),
      postgres: await firstOpen([...(container === null ? [] : waysTo(container, port)), { host, port }]),
    }
  })
  return { scope, members: await Promise.all(members) }
}

/** The first way on which this very node answers. */
async function whereIs(name: string, ways: readonly Address[], signal: AbortSignal): Promise<Address | null> {
  for (const way of ways) {
    const node = await nodeAt(way, signal)
    // Before 4.0 a node does not tell its name.
    if (node !== null && (node.name ?? name) === name) return way
  }
  return null
}

/** 503 is a good answer of a node whose PostgreSQL is down, but none that can be asked for more. */
async function nodeAt(address: Address, signal: AbortSignal) {
  return nodeSchema.safeParse(await askJson(urlOf(address, '/patroni'), signal)).data?.patroni ?? null
}

function addressOf(url: string): Address {
  const { hostname, port } = new URL(url)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 8008 }
}
