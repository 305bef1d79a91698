import { Socket } from 'node:net'
import pg from 'pg'

/** Where the pair's ports are published. */
export const PORTS = { proxy: 5430, my_primary: 5433, my_standby: 5434 } as const
export type Server = 'my_primary' | 'my_standby'

const TIMEOUT_MS = 2000
const COUNT_TIMEOUT_MS = 1000

/** One INSERT over a connection of its own, as the seed does it; null when it was acknowledged, an error otherwise. */
export async function insert(port: number, name: string): Promise<string | null> {
  try {
    await once(port, TIMEOUT_MS, 'INSERT INTO data_table (name) VALUES ($1)', [name])
    return null
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).message
  }
}

/** Counts the rows of a run on one server, over a connection that is opened again when it breaks. */
export class RowCounter {
  #session: Promise<Session> | null = null
  #asked: Promise<number> | null = null

  constructor(
    private readonly server: Server,
    private readonly run: string,
  ) {}

  /** How many there are; −1 where the server cannot be asked. */
  count(): Promise<number> {
    // One question at a time: a look that comes while a server is slow shares its answer.
    this.#asked ??= this.#count().finally(() => {
      this.#asked = null
    })
    return this.#asked
  }

  async #count(): Promise<number> {
    this.#session ??= open(PORTS[this.server], COUNT_TIMEOUT_MS)
    const session = this.#session
    try {
      const { client } = await session
      const sql = 'SELECT count(*)::int AS rows FROM data_table WHERE name LIKE $1'
      return (await client.query<{ rows: number }>(sql, [`${this.run}-%`])).rows[0]?.rows ?? -1
    } catch {
      if (this.#session === session) this.close()
      return -1
    }
  }

  close(): void {
    this.#session?.then(({ socket }) => socket.destroy()).catch(() => {})
    this.#session = null
  }
}

/** Which rows of this run a server has; null where it cannot be asked. */
export async function rowsOf(server: Server, run: string): Promise<ReadonlySet<string> | null> {
  try {
    const rows = await once(PORTS[server], TIMEOUT_MS, 'SELECT name FROM data_table WHERE name LIKE $1', [`${run}-%`])
    return new Set(rows.map((row) => (row as { name: string }).name))
  } catch {
    return null
  }
}

/** The two servers' roles: primary, standby, or null where it cannot be asked. */
export async function roleOf(server: Server): Promise<'primary' | 'standby' | null> {
  try {
    const rows = await once(PORTS[server], 1000, 'SELECT pg_is_in_recovery() AS is_standby', [])
    return (rows[0] as { is_standby: boolean }).is_standby ? 'standby' : 'primary'
  } catch {
    return null
  }
}

interface Session {
  readonly client: pg.Client
  readonly socket: Socket
}

async function open(port: number, timeoutMs: number): Promise<Session> {
  const socket = new Socket()
  const login = { host: '127.0.0.1', port, database: 'app', user: 'app', password: 'app' }
  const timeouts = { connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs }
  const client = new pg.Client({ ...login, ...timeouts, stream: () => socket })
  client.on('error', () => {})
  try {
    await client.connect()
    return { client, socket }
  } catch (error) {
    socket.destroy()
    throw error
  }
}

async function once(port: number, timeoutMs: number, sql: string, values: readonly unknown[]): Promise<unknown[]> {
  const { client, socket } = await open(port, timeoutMs)
  try {
    const { rows } = await client.query(sql, [...values])
    // A goodbye, so that a proxy does not take the end for a client that gave up.
    client.end().catch(() => {})
    return rows
  } catch (error) {
    socket.destroy()
    throw error
  }
}
