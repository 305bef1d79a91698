import net from 'node:net'
import { Client } from 'pg'
import type { Address, Credentials } from '../model/address.ts'
import { DEADLINE_MS, SourceError } from './poll.ts'

/** The poll's own deadline comes first; these only see to it that pg itself never waits for ever. */
const BACKSTOP_MS = DEADLINE_MS + 1_000

/** One PostgreSQL server itself, past any proxy. */
export type ServerLogin = Address & Credentials

/** One kept connection to one server; dropped after any failure and made again by the next question. */
export interface DirectConnection {
  /** The first row of the answer. `generation` counts the connections: state of an earlier one is worth nothing. */
  ask<Row extends object>(
    statement: { readonly name: string; readonly text: string },
    values: readonly unknown[],
    signal: AbortSignal,
  ): Promise<{ readonly row: Row | undefined; readonly generation: number }>
  close(): void
}

/** Opens nothing yet: the first question does. */
export function directConnection(server: ServerLogin): DirectConnection {
  let session: Session | null = null
  let generation = 0

  return {
    async ask<Row extends object>(
      statement: { readonly name: string; readonly text: string },
      values: readonly unknown[],
      signal: AbortSignal,
    ) {
      if (session === null || session.isDead()) {
        session = openSession(server)
        generation++
      }
      const current = session
      const drop = () => {
        current.destroy()
        if (session === current) session = null
      }
      signal.addEventListener('abort', drop, { once: true })
      try {
        await current.connected
        const { rows } = await current.client.query<Row>({ ...statement, values: [...values] })
        return { row: rows[0], generation }
      } catch (error) {
        drop()
        // What pg has no code for is a connection that ended under it.
        throw (error as { code?: unknown }).code === undefined ? new SourceError('connection closed') : error
      } finally {
        signal.removeEventListener('abort', drop)
      }
    },
    close: () => session?.destroy(),
  }
}

interface Session {
  readonly client: Client
  readonly connected: Promise<unknown>
  isDead(): boolean
  /** At once, without a farewell: a hung server would not answer that either. */
  destroy(): void
}

function openSession(server: ServerLogin): Session {
  const socket = new net.Socket()
  let isDead = false
  const client = new Client({
    ...server,
    stream: () => socket,
    keepAlive: true,
    connectionTimeoutMillis: BACKSTOP_MS,
    query_timeout: BACKSTOP_MS,
    application_name: 'chaoslab witness',
  })
  // For the client's whole life: an 'error' that nobody listens to would end the process.
  client.on('error', () => {
    isDead = true
  })
  client.on('end', () => {
    isDead = true
  })
  const connected = client.connect()
  connected.catch(() => {})
  return { client, connected, isDead: () => isDead || socket.destroyed, destroy: () => socket.destroy() }
}
