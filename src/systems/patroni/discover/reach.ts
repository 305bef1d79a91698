import { connect, type Socket } from 'node:net'
import type { Neighbour } from '../../../docker/neighbours.ts'
import type { Address } from '../../../model/address.ts'
import { parseJson } from '../../../model/parse-json.ts'

const PATIENCE_MS = 1_000

/** A GET, or a POST with a body; null when nothing that answers 2xx is there. */
export async function ask(url: string, signal: AbortSignal, body?: object): Promise<string | null> {
  try {
    const response = await fetch(url, {
      // A kept connection would keep the command alive after its work.
      headers: { connection: 'close' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    })
    const text = await response.text()
    return response.ok ? text : null
  } catch {
    signal.throwIfAborted()
    return null
  }
}

/** Whether anything there answers an HTTP request, whatever it says. */
export async function speaksHttp(address: Address, signal: AbortSignal): Promise<boolean> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  const answer = await fetch(urlOf(address, '/'), { headers: { connection: 'close' }, signal: limit }).catch(() => null)
  signal.throwIfAborted()
  await answer?.body?.cancel()
  return answer !== null
}

/** The same for JSON. */
export async function askJson(url: string, signal: AbortSignal, body?: object): Promise<unknown> {
  const text = await ask(url, signal, body)
  return parseJson(text ?? '')
}

/** An open connection, which the caller ends; null when nobody accepts it. */
export function open({ host, port }: Address): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PATIENCE_MS })
    const give = (found: Socket | null) => {
      socket.setTimeout(0)
      if (found === null) socket.destroy()
      resolve(found)
    }
    socket.once('connect', () => give(socket))
    socket.once('timeout', () => give(null))
    socket.on('error', () => give(null))
  })
}

/** Where a port of a container can be reached from here: as it is published, else at the container's own address. */
export function waysTo({ addresses, ports }: Neighbour, inside: number): readonly Address[] {
  const published = ports.flatMap((port) => (port.inside === inside && port.on !== null ? [port.on] : []))
  return [...published, ...addresses.map((host) => ({ host, port: inside }))]
}

/** The first that accepts a connection; null when none does. */
export async function firstOpen(ways: readonly Address[]): Promise<Address | null> {
  for (const way of ways) {
    const socket = await open(way)
    socket?.destroy()
    if (socket !== null) return way
  }
  return null
}

export function urlOf({ host, port }: Address, path = ''): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}${path}`
}
