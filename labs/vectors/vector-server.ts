#!/usr/bin/env node
import { CommanderError } from 'commander'
import { systemClock } from './server/clock.ts'
import { readOptions } from './server/options.ts'
import { runServer } from './server/run.ts'

try {
  const running = await runServer(readOptions(process.argv.slice(2)), {
    clock: systemClock,
    environment: process.env,
    onEvent: ({ at, type, seq: _, ...facts }) => process.stdout.write(`${at} ${type} ${JSON.stringify(facts)}\n`),
  })
  process.stdout.write(`listening on ${running.url}\n`)
  // As the first process of a container it would not end by a signal that it does not handle.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => running.close().then(() => process.exit(0)))
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : 2
}
