import { HELP, parseOptions } from './proxy/options.ts'
import { startProxy } from './proxy/proxy.ts'
import { servers } from './proxy/servers.ts'

const parsed = parseOptions(process.argv.slice(2), process.env)
if (parsed.type === 'help') {
  process.stdout.write(HELP)
} else if (parsed.type === 'errors') {
  process.stderr.write(`${parsed.errors.join('\n')}\nproxy --help says what there is.\n`)
  process.exitCode = 2
} else {
  const { options } = parsed
  const proxy = await startProxy(options, {
    servers: servers({ ...options, timeoutMs: options.checkTimeoutMs }),
    log: (line) => process.stdout.write(`${new Date().toISOString()} ${line}\n`),
  })
  // As the first process of a container it would not end by a signal that it does not handle.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => proxy.close().then(() => process.exit(0)))
}
