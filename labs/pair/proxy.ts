import { CommanderError } from 'commander'
import { readOptions } from './proxy/options.ts'
import { startProxy } from './proxy/proxy.ts'
import { servers } from './proxy/servers.ts'

try {
  const options = readOptions(process.argv.slice(2), process.env)
  const proxy = await startProxy(options, {
    servers: servers({ ...options, timeoutMs: options.checkTimeoutMs }),
    log: (line) => process.stdout.write(`${new Date().toISOString()} ${line}\n`),
  })
  // As the first process of a container it would not end by a signal that it does not handle.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => proxy.close().then(() => process.exit(0)))
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : 2
}
