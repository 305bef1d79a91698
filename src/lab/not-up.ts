import { connect } from 'node:net'
import type { Address } from '../model/address.ts'
import type { LabDefinition } from './definition.ts'

/** That nothing of a cluster is there: no container of it runs, and nothing of it answers. */
export interface NotUp {
  /** Of its own containers, the state of each, null when it does not exist; empty where the lab may touch none. */
  readonly containers: readonly { readonly service: string; readonly state: string | null }[]
  /** The parts that must be there. */
  readonly silent: readonly { readonly part: string; readonly url: string; readonly error: string }[]
}

interface Listing {
  states(): Promise<readonly { readonly service: string; readonly state: string }[]>
}

/** How long an endpoint may take to accept a connection: the whole look has to be over within two seconds. */
const CONNECT_MS = 1_000

/**
 * One quick look at whether the cluster is there at all. Null as soon as anything is: a container that runs, however
 * ill it is, or is paused, or an endpoint that accepts a connection. The observers tell the rest.
 */
export async function whyNotUp(
  definition: LabDefinition,
  listing: Listing | null,
  connectMs = CONNECT_MS,
): Promise<NotUp | null> {
  const containers = listing === null ? [] : await statesOf(definition, listing)
  if (containers.some(({ state }) => state !== null && THERE.includes(state))) return null
  const silent = await Promise.all(
    definition.place.doors.map(async ({ part, url }) => ({
      part,
      url,
      error: await refusalOf(addressOf(url), connectMs),
    })),
  )
  if (silent.some(({ error }) => error === null)) return null
  return { containers, silent: silent.map((each) => ({ ...each, error: each.error ?? '' })) }
}

/** A container that is about to run counts. */
const THERE = ['running', 'paused', 'restarting']

/** Of the parts that must be there: a proxy or a Prometheus that runs alone is no cluster. */
async function statesOf(definition: LabDefinition, listing: Listing): Promise<NotUp['containers']> {
  const { doors, shape } = definition.place
  const services = doors.flatMap(({ part }) => shape.containerOf[part] ?? [])
  const listed = await listing.states()
  return services.map((service) => {
    return { service, state: listed.find((each) => each.service === service)?.state ?? null }
  })
}

function addressOf(url: string): Address {
  const { hostname, port, protocol } = new URL(url)
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
  }
}

/** Null when something accepts the connection. */
function refusalOf({ host, port }: Address, connectMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal: AbortSignal.timeout(connectMs) })
    const settle = (refusal: string | null) => {
      socket.destroy()
      resolve(refusal)
    }
    socket.on('connect', () => settle(null))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      settle(error.name === 'AbortError' ? 'timeout' : (error.code ?? error.message))
    })
  })
}
