import type { Config, Endpoint, ShardConfig } from './config.ts'
import type { Database } from './database.ts'
import type { Shard } from './directory.ts'
import { ensureSlot } from './sync.ts'
import { ServerTrouble } from './trouble.ts'

/**
 * Makes a shard known to the master, and by the right way lets both listen to each other. What is there already is left
 * as it is, so it can be done again and again; a slot comes before whoever listens to it, a publication before its slot.
 */
async function wireShard({ config, master, shard }: WireOptions): Promise<void> {
  const { name, tag, universities, server, database } = shard
  await master.query('SELECT add_shard($1, $2, $3, $4, $5, $6, $7, $8, $9)', [
    name,
    tag,
    ...[server.host, server.port, server.database, server.user, server.password],
    ...universities,
  ])
  if (config.way === 'fdw') return
  await master.query('SELECT publish_acks($1)', [name])
  await ensureSlot(master, `acks_${name}`)
  await ensureSlot(database, 'to_master')
  await master.query('SELECT subscribe_to_shard($1, $2)', [name, connectionTo(server)])
  await database.query('SELECT subscribe_to_master($1)', [connectionTo(config.master)])
}

/** For whoever listens to the server, as libpq reads it. */
export function connectionTo({ host, port, replicationPort = port, database, user, password }: Endpoint): string {
  const parts = {
    host,
    port: replicationPort,
    dbname: database,
    user,
    password,
    connect_timeout: 2,
    tcp_user_timeout: 5000,
  }
  return Object.entries(parts)
    .map(([key, value]) => `${key}='${String(value).replaceAll(/['\\]/g, '\\$&')}'`)
    .join(' ')
}

export interface WireOptions {
  readonly config: Config
  readonly master: Database
  readonly shard: Shard & Pick<ShardConfig, 'server'>
  readonly onTrouble: (error: ServerTrouble) => void
  readonly wait: (signal: AbortSignal) => Promise<void>
}

/** Tries until the shard is wired. */
export async function wire(options: WireOptions, signal: AbortSignal): Promise<void> {
  const { onTrouble, wait } = options
  while (!signal.aborted) {
    try {
      return await wireShard(options)
    } catch (error) {
      if (!(error instanceof ServerTrouble)) throw error
      onTrouble(error)
      await wait(signal)
    }
  }
}
