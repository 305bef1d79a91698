import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Config, ConfigError, readConfig } from './config.ts'
import { openDatabase } from './database.ts'
import { createJournal, watchServer } from './journal.ts'
import { keepWhole } from './keep-whole.ts'
import type { Mended } from './registrations.ts'
import { buildServer } from './server.ts'
import { createService } from './service.ts'
import type { ServerTrouble } from './trouble.ts'
import { wire } from './wire.ts'

const { values } = parseArgs({ options: { config: { type: 'string', default: 'app.yaml' } } })

function configOf(file: string): Config | null {
  try {
    return readConfig(file)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
    return null
  }
}

async function main(config: Config): Promise<void> {
  const now = () => new Date()
  const journal = createJournal(now, (entry) => process.stdout.write(`${JSON.stringify(entry)}\n`))
  const open = (name: string, endpoint: Config['master']) =>
    openDatabase(name, endpoint, config, watchServer(name, journal))
  const master = open('master', config.master)
  const shards = config.shards.map((shard) => ({ ...shard, database: open(shard.name, shard.server) }))
  const service = createService({ way: config.way, master, shards, journal, now })
  const server = await buildServer(service, { timeZone: config.timeZone })
  await server.listen(config.listen)

  const ending = new AbortController()
  // As the first process of a container it would not end by a signal that it does not handle.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      ending.abort()
      await server.close()
      await Promise.all([master.close(), ...shards.map(({ database }) => database.close())])
      process.exit(0)
    })
  }
  // Each shard for itself: one that is away holds up no other.
  await Promise.all(
    shards.map(async (shard) => {
      const tell = (what: string) => (error: ServerTrouble) =>
        void process.stderr.write(`${shard.name} is not ${what}: ${JSON.stringify(error.trouble)}\n`)
      const parts = { master, shard, wait: (signal: AbortSignal) => sleep(1000, undefined, { signal }).catch(() => {}) }
      await wire({ ...parts, config, onTrouble: tell('wired yet') }, ending.signal)
      if (ending.signal.aborted) return
      journal.add({ type: 'wired', shard: shard.name })
      if (config.way === 'fdw') return
      const onMended = (mended: Mended) => journal.add({ type: 'compared', ...mended })
      await keepWhole({ ...parts, onMended, onTrouble: tell('compared') }, ending.signal)
    }),
  )
}

const config = configOf(values.config)
if (config !== null) await main(config)
