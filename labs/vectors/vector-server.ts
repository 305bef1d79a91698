#!/usr/bin/env node
import { systemClock } from './server/clock.ts'
import { HELP, parseOptions } from './server/options.ts'
import { runServer } from './server/run.ts'

const parsed = parseOptions(process.argv.slice(2))
if (parsed.type === 'help') {
  process.stdout.write(HELP)
} else if (parsed.type === 'errors') {
  process.stderr.write(`${parsed.errors.join('\n')}\nvector-server --help says what there is.\n`)
  process.exitCode = 2
} else {
  const running = await runServer(parsed.config, {
    clock: systemClock,
    environment: process.env,
    onEvent: ({ at, type, seq: _, ...facts }) => process.stdout.write(`${at} ${type} ${JSON.stringify(facts)}\n`),
  })
  process.stdout.write(`listening on ${running.url}\n`)
  // As the first process of a container it would not end by a signal that it does not handle.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => running.close().then(() => process.exit(0)))
}
