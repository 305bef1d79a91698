#!/usr/bin/env node
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { apply, everywhere, type Protocol } from './apply.ts'
import { openDecisionFolder } from './decision-folder.ts'
import { type DecisionLog, noLog } from './decision-log.ts'
import { openDecisionTable } from './decision-table.ts'
import { armedGates, gatesIn } from './gates.ts'
import { httpServer } from './http.ts'
import { type Mapping, MappingError, readMapping } from './mapping.ts'
import { sessionPool } from './pool.ts'
import { isAllSettled, recover } from './recover.ts'
import { readScript } from './script.ts'
import { createService, PROTOCOLS, type ServedProtocol } from './service.ts'
import { status } from './status.ts'
import { tellOutcome, tellRecovery, tellStatus, tellStep } from './tell.ts'
import { newGid, type Outcome } from './transaction.ts'

interface Options {
  readonly mapping: string
  readonly log?: string
  readonly json?: true
}

interface ApplyCommand extends Options {
  readonly name?: string
  readonly protocol: Protocol
  readonly recovery: boolean
  readonly lockTimeout: number
  readonly deadline: number
}

interface ServeCommand extends Pick<Options, 'mapping' | 'log'> {
  readonly listen: { readonly host: string; readonly port: number }
  readonly protocol: ServedProtocol
  readonly lockTimeout: number
  readonly deadline: number
  readonly finish: number
}

/** 0 applied everywhere, 1 nowhere, 2 could not be tried, 3 in doubt. */
const EXIT_CODES: Readonly<Record<Outcome['type'], number>> = {
  applied: 0,
  already: 0,
  'rolled-back': 1,
  refused: 2,
  'in-doubt': 3,
}

async function main(argv: readonly string[]): Promise<void> {
  try {
    await program().parseAsync(argv as string[])
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2
      return
    }
    process.exitCode = 2
    console.error(error instanceof Error ? error.message : String(error))
  }
}

function program(): Command {
  const mapping = () => new Option('--mapping <file>', 'which databases there are, and where').default('mapping.json')
  const log = () =>
    new Option('--log <folder>', "keep decisions in this folder instead of the mapping's coordinator database")
  const json = () => new Option('--json', 'the result as JSON on standard output')
  const command = new Command('shard-executor')
    .description('Applies a script of SQL to many databases: in all of them, or in none.')
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText('after', EXAMPLES)
  command
    .command('apply')
    .argument('<script>', 'a file of SQL, without BEGIN and COMMIT')
    .description('apply a script everywhere or nowhere: exit code 0 everywhere, 1 nowhere, 2 not tried, 3 in doubt')
    .addOption(mapping())
    .addOption(log())
    .option('--name <name>', "what it is called, as each is applied once (default: the file's name)")
    .addOption(
      new Option('--protocol <protocol>', 'two-phase commit, or commits one after the other')
        .choices(['two-phase', 'one-phase'])
        .default('two-phase'),
    )
    .option('--no-recovery', 'remember nothing: what a crash leaves prepared stays so')
    .option('--lock-timeout <duration>', 'how long to wait for a lock in any database', duration, 5_000)
    .option('--deadline <duration>', 'how long all databases together may take until the decision', duration, 60_000)
    .addOption(json())
    .action((script: string, options: ApplyCommand) => applyScript(script, options))
  command
    .command('recover')
    .description(
      'settle what executors have left, by the decision log: exit code 0 all settled, 3 something is in doubt',
    )
    .addOption(mapping())
    .addOption(log())
    .option('--watch', 'go on, once a second, until it is stopped')
    .addOption(json())
    .action((options: Options & { watch?: true }) => recoverAll(options))
  command
    .command('status')
    .description(
      'which migrations each database has, what is in doubt, and whether the schemas agree: exit code 0, or 3',
    )
    .addOption(mapping())
    .addOption(json())
    .action((options: Options) => showStatus(options))
  command
    .command('serve')
    .description('do transactions for whoever asks over HTTP: POST /transactions, GET /status')
    .addOption(mapping())
    .addOption(log())
    .option('--listen <address>', 'where: host:port', listenAddress, { host: '127.0.0.1', port: 5000 })
    .addOption(
      new Option('--protocol <protocol>', 'which is followed where an order does not say')
        .choices(PROTOCOLS)
        .default('two-phase'),
    )
    .option('--lock-timeout <duration>', 'how long to wait for a lock in any database', duration, 1_000)
    .option('--deadline <duration>', 'how long all databases together may take until the decision', duration, 4_000)
    .option('--finish <duration>', 'how long after it to try what does not answer', duration, 2_000)
    .action((options: ServeCommand) => serve(options))
  return command
}

const EXAMPLES = `
Examples:
  shard-executor apply tools/test_migration.sql --mapping mapping.json
  shard-executor apply change.sql --protocol one-phase      what many tools do, to compare with
  shard-executor recover --watch                            settles whatever comes to be in doubt
  shard-executor status --json | jq .torn`

const FINISH_MS = 10_000

async function applyScript(file: string, options: ApplyCommand): Promise<void> {
  const [mapping, script] = await readBoth(options.mapping, file)
  const name = options.name ?? path.basename(file)
  const gid = newGid(name)
  const interrupted = new AbortController()
  const say = options.json ? () => {} : (line: string) => console.error(line)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      say('Interrupted: what is not decided yet is rolled back, what is decided is finished.')
      interrupted.abort()
    })
  }
  const isRemembered = options.protocol === 'two-phase' && options.recovery
  const log = isRemembered ? await openLog(mapping, options.log) : noLog
  say('Starting distributed execution...')
  try {
    const outcome = await apply(
      { gid, name, digest: script.digest, participants: everywhere(mapping, script.text) },
      {
        protocol: options.protocol,
        log,
        gates: gatesIn(process.env.SHARD_EXECUTOR_GATES),
        lockTimeoutMs: options.lockTimeout,
        deadlineMs: options.deadline,
        finishMs: FINISH_MS,
        signal: interrupted.signal,
        onConnect: (database) => say(`Connecting to ${database}...`),
        onStep: (step) => say(tellStep(step)),
      },
    )
    process.exitCode = EXIT_CODES[outcome.type]
    if (options.json) console.log(JSON.stringify({ name, digest: script.digest, ...outcome }, null, 2))
    else for (const line of tellOutcome(name, outcome, { isRemembered })) say(line)
  } finally {
    log.close()
  }
}

/** What is wrong with either file is said at once. */
async function readBoth(mappingFile: string, scriptFile: string) {
  const problems: string[] = []
  const mapping = tryMapping(mappingFile, problems)
  const text = await readFile(scriptFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    problems.push(`${scriptFile}: cannot be read (${error.code})`)
    return null
  })
  const script = text === null ? null : await readScript(text)
  if (script !== null && 'problems' in script) {
    for (const { line, statement, why } of script.problems) {
      problems.push(`${scriptFile}:${line}: ${statement === '' ? '' : `${statement}: `}${why}`)
    }
  }
  if (mapping === null || script === null || 'problems' in script) throw new Error(problems.join('\n'))
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return [mapping, script] as const
}

function tryMapping(file: string, problems: string[]): Mapping | null {
  try {
    return readMapping(file)
  } catch (error) {
    if (!(error instanceof MappingError)) throw error
    problems.push(error.message)
    return null
  }
}

async function openLog(mapping: Mapping, folder: string | undefined): Promise<DecisionLog> {
  if (folder !== undefined) return openDecisionFolder(folder, Date.now)
  if (mapping.coordinator === null) {
    throw new Error(
      'the mapping names no coordinator, so decisions have nowhere to be kept: add one, or give --log FOLDER, or --no-recovery',
    )
  }
  return openDecisionTable(mapping.coordinator).catch((error: Error & { code?: string }) => {
    throw new Error(`the coordinator's database: ${error.message || error.code}`)
  })
}

async function serve({ listen, ...options }: ServeCommand): Promise<void> {
  const mapping = readMapping(options.mapping)
  const folder = process.env.SHARD_EXECUTOR_GATES
  const gates = armedGates(folder)
  const ending = new AbortController()
  const service = createService({
    mapping,
    protocol: options.protocol,
    gates: gatesIn(folder),
    openLog: () => openLog(mapping, options.log),
    lockTimeoutMs: options.lockTimeout,
    deadlineMs: options.deadline,
    finishMs: options.finish,
    signal: ending.signal,
    now: () => new Date(),
  })
  const server = httpServer(service, gates)
  // As the first process of a container it would not end by a signal that it does not handle.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      ending.abort()
      server.close(() => service.close())
    })
  }
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(listen, resolve))
  console.error(
    `Listening on http://${listen.host}:${listen.port}, ${options.protocol} unless an order says otherwise.`,
  )
}

async function recoverAll(options: Options & { readonly watch?: true }): Promise<void> {
  const mapping = readMapping(options.mapping)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())
  const pool = sessionPool()
  let told = ''
  do {
    try {
      const log = await openLog(mapping, options.log)
      const recovery = await recover(mapping, log, pool).finally(() => log.close())
      process.exitCode = isAllSettled(recovery) ? 0 : 3
      const text = options.json
        ? JSON.stringify(recovery, null, options.watch ? 0 : 2)
        : tellRecovery(recovery).join('\n')
      // The same again is no news to whoever watches.
      if (text !== told) console.log(text)
      told = text
    } catch (error) {
      if (!options.watch) throw error
      console.error((error as Error).message)
    }
    if (options.watch && !stop.signal.aborted) await setTimeout(WATCH_MS, null, { signal: stop.signal }).catch(() => {})
  } while (options.watch && !stop.signal.aborted)
  pool.close()
}

const WATCH_MS = 1_000

async function showStatus(options: Options): Promise<void> {
  const found = await status(readMapping(options.mapping))
  const isWell = found.databases.every(({ catalog, inDoubt }) => catalog !== null && inDoubt.length === 0)
  process.exitCode = isWell && found.torn.length === 0 && found.divergence === null ? 0 : 3
  console.log(options.json ? JSON.stringify(found, null, 2) : tellStatus(found).join('\n'))
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 }

function duration(text: string): number {
  const [, number = '', unit = ''] = /^(\d+)(ms|s|m)$/.exec(text) ?? []
  const ms = Number(number) * (UNITS[unit] ?? 0)
  if (ms === 0) throw new InvalidArgumentError('expected a duration like 500ms, 5s or 1m')
  return ms
}

function listenAddress(text: string): ServeCommand['listen'] {
  const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(text) ?? []
  if (host === '' || Number(port) > 65_535) throw new InvalidArgumentError('expected host:port')
  return { host, port: Number(port) }
}

await main(process.argv)
